import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.moments import moment
from notifications import selectors
from notifications.services import restorations
from notifications.states import AsideReason


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
        if options["ids"] and options["all"]:
            raise CommandError("Name ids, or say --all: not both.")
        found = selectors.set_aside(
            ids=options["ids"] or None, because=options["because"], before=options["before"]
        )
        chosen = bool(options["ids"] or options["before"] or options["all"])
        if options["list"] or not chosen:
            self._list([asdict(each) for each in found], as_json=options["json"])
            return
        count = restorations.release([each.id for each in found])
        if options["json"]:
            self.stdout.write(json.dumps({"released": count}))
        else:
            self.stdout.write(f"{count} released: workers send them now.")

    def _list(self, found: list[dict[str, Any]], *, as_json: bool) -> None:
        if as_json:
            told = {"set_aside": found}
            self.stdout.write(json.dumps(told, indent=1, default=datetime.isoformat))
            return
        for each in found:
            moment = each["happened_at"].strftime("%Y-%m-%d %H:%M:%S")
            self.stdout.write(
                f"{each['id']:>10}  {moment}  {each['kind']:8}  {each['because']:10}"
                f"  {each['reader']}  {each['cause']}"
            )
        self.stdout.write(f"{len(found)} set aside.")
