"""The settings of a web process that gives up sooner, so that tests have less to wait for.

How long an install waits is in docs/operations.md, and tested where it is set.
"""

from django.apps import AppConfig

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS

#: Of a database and of a mail server that hang; then, of leaving the latter alone.
DATABASE_SECONDS, MAIL_SECONDS = 2, 1.5
PAUSE_SECONDS = 3

INSTALLED_APPS = [*INSTALLED_APPS, "tests.operations.hasty.Hasty"]
DATABASES = {"default": {**DATABASES["default"], "PATIENCE_SECONDS": DATABASE_SECONDS}}
EMAIL_TIMEOUT = MAIL_SECONDS


class Hasty(AppConfig):
    name = "tests.operations"
    label = "hasty"

    def ready(self) -> None:
        from accounts import adapters

        adapters.mail_circuit.seconds = PAUSE_SECONDS
