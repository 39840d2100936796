import json
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from operations.moving import exporting
from operations.progress import meter
from operations.which import ask_which_site, site_meant


class Command(BaseCommand):
    help = (
        "Write a site's articles and conversations, with votes, revisions and decisions, into one"
        " file. `import_comments --from colloquy FILE` makes a site of it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="the new file; gzipped if it ends in .gz"
        )
        ask_which_site(parser)
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        site = site_meant(options["site"])
        try:
            with meter() as shown:
                report = exporting.export(site, options["file"], meter=shown)
        except (OSError, DatabaseError) as fault:
            raise CommandError(f"Nothing was exported: {fault}") from fault
        except KeyboardInterrupt:
            raise CommandError("Interrupted. Nothing was exported.", returncode=130) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=1))
            return
        for kind, count in report.counts.items():
            self.stdout.write(f"{kind}: {count:,}")
        self.stdout.write(f"{report.file}: {report.file.stat().st_size / 1e6:,.1f} MB")
