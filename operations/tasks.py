"""Operations' Celery tasks."""

from celery import shared_task

from operations import reconciling


@shared_task(name="operations.reconcile", expires=3600)
def reconcile() -> None:
    """See whether all counts are what their rows say. Missed once, it is done the next night."""
    reconciling.look_after()
