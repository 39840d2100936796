import json
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from operations.backup import taking
from operations.progress import meter


class Command(BaseCommand):
    help = (
        "Write the whole database as of one moment into one file, while everything goes on. "
        "`restore --check FILE` reads it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "place",
            type=Path,
            metavar="FILE|DIR",
            help="the new file, or a folder for one whose name says when",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with meter() as shown:
                report = taking.take(options["place"], meter=shown)
        except (OSError, DatabaseError) as fault:
            raise CommandError(f"No backup was made: {fault}") from fault
        except KeyboardInterrupt:
            raise CommandError("Interrupted. No backup was made.", returncode=130) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=1))
        else:
            self._tell(report)

    def _tell(self, report: taking.Report) -> None:
        manifest = report.manifest
        for content in manifest.tables:
            if content.sum.rows:
                self.stdout.write(f"{content.sum.rows:>12,}  {content.table.name}")
        pace = manifest.bytes / 1e6 / max(report.seconds, 0.001)
        self.stdout.write(
            f"{manifest.rows:,} rows of {len(manifest.tables)} tables,"
            f" {manifest.bytes / 1e6:,.1f} MB, as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        self.stdout.write(
            f"{report.file}: {report.file_bytes / 1e6:,.1f} MB,"
            f" {report.seconds:.1f} s, {pace:.0f} MB/s"
        )
