import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DataError, IntegrityError

from operations.moving import importing, restoring
from operations.moving.formats import READERS
from operations.moving.pages import Pages, moved_pages
from operations.moving.records import BadExport
from operations.moving.source import Source
from operations.progress import Meter, meter
from operations.which import ask_which_site, site_meant

COLLOQUY = "colloquy"


class Command(BaseCommand):
    help = (
        "Bring in comments from another system, or a site that export_site wrote. What is there"
        " is left alone: it may be interrupted, and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="the export (Coral: its folder)"
        )
        parser.add_argument(
            "--from",
            dest="system",
            required=True,
            choices=[*READERS, COLLOQUY],
            metavar="SYSTEM",
            help=", ".join([*READERS, COLLOQUY]),
        )
        ask_which_site(parser)
        parser.add_argument(
            "--base",
            default="",
            metavar="URL",
            help="where the pages stand, for exports that only name their paths",
        )
        parser.add_argument(
            "--map",
            type=Path,
            dest="moved",
            metavar="CSV",
            help="two columns: a page's old address or id, and its address or external id here",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="read and check all, store nothing"
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="print the report as JSON, with each row that was skipped or changed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        bring_in = self._restore if options["system"] == COLLOQUY else self._import
        try:
            with meter() as shown:
                bring_in(options, shown)
        except BadExport as fault:
            raise CommandError(str(fault)) from fault
        except (DataError, IntegrityError) as fault:
            reason = str(fault).partition("\n")[0]
            raise CommandError(f"The database refused a row of this file: {reason}") from fault
        except KeyboardInterrupt:
            sentence = "Interrupted. What was stored is whole; run it again for the rest."
            raise CommandError(sentence, returncode=130) from None

    def _import(self, options: dict[str, Any], shown: Meter) -> None:
        site = site_meant(options["site"])
        base = options["base"]
        if base and not urlsplit(base).hostname:
            raise CommandError("--base is an address such as https://news.example.")
        moved = moved_pages(options["moved"]) if options["moved"] else {}
        with importing.bring_in(
            options["system"],
            Source(options["file"], shown),
            site=site,
            pages=Pages(site, base=base, moved=moved),
            dry_run=options["dry_run"],
        ) as report:
            tell = self._tell_json if options["json"] else self._tell
            tell(report)

    def _restore(self, options: dict[str, Any], shown: Meter) -> None:
        wanted = site_meant(options["site"]) if options["site"] else None
        report = restoring.restore(
            Source(options["file"], shown), site=wanted, dry_run=options["dry_run"]
        )
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=1))
            return
        self.stdout.write(f"{report.site_name} ({report.site_id})")
        for kind, count in report.found.items():
            self.stdout.write(f"{kind}: {report.stored[kind]:,} of {count:,} were not there")

    def _tell(self, report: importing.Report) -> None:
        done = "would be imported" if report.dry_run else "imported"
        self.stdout.write(f"{report.site.name} ({report.site.pk})")
        for status, count in sorted(report.imported.items()):
            self.stdout.write(f"{count:,} {status} {done}")
        self.stdout.write(f"{report.present:,} were there before")
        self.stdout.write(f"votes: {report.up_votes:,} up, {report.down_votes:,} down")
        for what, why, count, first in report.scratch.told_counts():
            self.stdout.write(f"{count:,} {what}: {why} ({first}{', …' if count > 1 else ''})")
        self.stdout.write(f"{report.seconds:.1f} s; --json lists each row that was skipped")

    def _tell_json(self, report: importing.Report) -> None:
        """One object, written as it is read: what was skipped may be long."""
        whole = json.dumps(report.as_json(), indent=1)
        self.stdout.write(whole.removesuffix("\n}") + ',\n "rows": [', ending="")
        before = ""
        for what, key, why in report.scratch.told():
            row = json.dumps({"what": what, "id": key, "why": why})
            self.stdout.write(f"{before}\n  {row}", ending="")
            before = ","
        self.stdout.write("\n ]\n}")
