"""`manage.py check_workers`: whether every queue moves."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from operations.liveness import stalled_queues


class Command(BaseCommand):
    help = (
        "Exit with 1 and name the queues whose work waits though no task has finished lately. "
        "For supervisors other than `up`, which looks by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queue", action="append", help="only this one; may be repeated")
        parser.add_argument(
            "--after",
            type=int,
            default=settings.STALL_SECONDS,
            help="seconds of standing still (default: COLLOQUY_STALL_SECONDS)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lags = stalled_queues(timedelta(seconds=options["after"]))
        except DatabaseError:
            self.stdout.write("The database does not answer: no worker could do better now.")
            return
        wanted = options["queue"] or lags
        stalled = {queue: lag for queue, lag in lags.items() if queue in wanted}
        if stalled:
            raise CommandError(
                "; ".join(
                    f"{queue} stands still, {lag:.0f} s behind" for queue, lag in stalled.items()
                )
            )
        self.stdout.write("Every queue moves.")
