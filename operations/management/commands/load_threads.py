import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import loading
from operations.progress import meter
from publishers.models import Site


class Command(BaseCommand):
    help = (
        "Load articles, comments and votes from articles.jsonl.gz, comments.jsonl.gz and "
        "votes.jsonl.gz in a folder. May be interrupted, and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder they are in")
        parser.add_argument(
            "--site",
            type=UUID,
            metavar="ID",
            help="load into this site; if left out, into one with the name in the files",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        site = None
        if options["site"]:
            site = Site.objects.filter(pk=options["site"]).first()
            if site is None:
                raise CommandError(f"There is no site with the id {options['site']}.")
        try:
            with meter() as shown:
                report = loading.load(options["folder"], site=site, meter=shown)
        except loading.BadInput as fault:
            raise CommandError(str(fault)) from fault
        except KeyboardInterrupt:
            sentence = "Interrupted. What was stored is whole; run it again for the rest."
            raise CommandError(sentence, returncode=130) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._tell(report)

    def _tell(self, report: loading.Report) -> None:
        self.stdout.write(f"{report.site.name} ({report.site.pk})")
        for kind in dict.fromkeys([*report.loaded, *report.present]):
            loaded, present = report.loaded[kind], report.present[kind]
            self.stdout.write(f"{kind}: {loaded} loaded, {present} were there")
        self.stdout.write(f"comments by the placeholder author: {report.by_placeholder}")
        for (kind, why), count in sorted(report.skipped.items()):
            self.stdout.write(f"{kind}: {count} skipped, {why}")
        self.stdout.write(f"{report.seconds:.1f} s")
