"""The one clock. Everything asks here what time it is, so that tests can stop it."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present moment, aware, UTC."""
    return timezone.now()
