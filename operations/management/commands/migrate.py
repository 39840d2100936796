"""`manage.py migrate`: Django's own, while readers read and write (`operations.migrating`)."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections

from operations import migrating


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--patience",
            type=float,
            default=600,
            metavar="SECONDS",
            help="how long to go on asking for a table that is busy (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            migrating.insist(
                lambda: super(Command, self).handle(*args, **options),
                connection=connections[options["database"]],
                seconds=options.pop("patience"),
                say=self.stdout.write,
            )
        except migrating.Busy as busy:
            raise CommandError(str(busy)) from None
