"""The Celery application. Tasks live in each app's `tasks.py`."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, task_prerun
from structlog.contextvars import bind_contextvars, clear_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("colloquy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _log_as_everybody_does(**kwargs: Any) -> None:
    """Celery sets up nothing of its own where somebody answers here."""
    from django.conf import settings
    from django.utils.log import configure_logging

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@task_prerun.connect
def _name_the_task(task: Task, **kwargs: Any) -> None:
    """Every line of a task's run says which task it is."""
    clear_contextvars()
    bind_contextvars(task=task.name)


@task_postrun.connect
def _forget_the_task(**kwargs: Any) -> None:
    clear_contextvars()
