"""The articles' Celery tasks."""

from celery import shared_task

from articles.services import talk
from outbox.services import relay


@shared_task(name="articles.relate")
def relate() -> None:
    """Find what goes with the articles that changed. Two of these would only wait for each other,
    and counts and notices for both.
    """
    relay.drain_alone("articles.relate")


@shared_task(name="articles.weigh_talk", expires=30)
def weigh_talk() -> None:
    """Find out where readers talk at the moment."""
    talk.weigh()
