import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from notifications import selectors
from notifications.models import MailDelivery
from notifications.services import restorations
from notifications.states import AsideReason


def moment(text: str) -> datetime:
    """An ISO 8601 moment; UTC unless it says otherwise."""
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found, timezone.utc)


class Command(BaseCommand):
    help = (
        "List the mails that were set aside after a restore, or release them. Nothing is sent "
        "unless ids, --before or --all choose it; what was released before is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="release these")
        parser.add_argument("--all", action="store_true", help="release all that are listed")
        parser.add_argument(
            "--before", type=moment, metavar="WHEN", help="release what happened before this moment"
        )
        parser.add_argument(
            "--because", choices=AsideReason.values, help="only what was set aside for this reason"
        )
        parser.add_argument("--list", action="store_true", help="only list what would be released")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = selectors.set_aside()
        if options["because"]:
            rows = rows.filter(set_aside_because=options["because"])
        if options["before"]:
            rows = rows.filter(happened_at__lt=options["before"])
        if options["ids"]:
            rows = rows.filter(pk__in=options["ids"])
            if options["all"]:
                raise CommandError("Name ids, or say --all: not both.")
        chosen = bool(options["ids"] or options["before"] or options["all"])
        if options["list"] or not chosen:
            self._list([_told(row) for row in rows.iterator()], as_json=options["json"])
            return
        count = restorations.release(list(rows.values_list("pk", flat=True)))
        if options["json"]:
            self.stdout.write(json.dumps({"released": count}))
        else:
            self.stdout.write(f"{count} released: workers send them now.")

    def _list(self, found: list[dict[str, Any]], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"set_aside": found}, indent=2))
            return
        for row in found:
            self.stdout.write("  ".join(str(value) for value in row.values()))
        self.stdout.write(f"{len(found)} set aside.")


def _told(row: MailDelivery) -> dict[str, Any]:
    happened_at: datetime = row.happened_at  # type: ignore[attr-defined]  # annotated
    return {
        "id": row.pk,
        "happened_at": happened_at.isoformat(timespec="seconds"),
        "kind": row.notice.kind,
        "because": row.set_aside_because,
        "reader": row.notice.reader.email,
        "cause": row.notice.cause,
    }
