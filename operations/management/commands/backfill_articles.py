import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.selectors import site_named
from operations import backfilling
from operations.progress import meter

#: Refused lines that are told one by one; `--json` tells all.
MOST_TOLD = 20


class Command(BaseCommand):
    help = (
        "Store a back catalogue: a file with a story a line (NDJSON, or that with gzip), each as "
        "the body of PUT /publisher/articles/{external_id} with its external_id. May be "
        "interrupted, and run again. Ends with 1 if lines were refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--site", required=True, help="the site's id or name")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        site = site_named(options["site"])
        if site is None:
            raise CommandError(f"There is no site with the id or name {options['site']}.")
        try:
            with meter() as shown:
                report = backfilling.backfill(options["file"], site=site, meter=shown)
        except backfilling.BadInput as fault:
            raise CommandError(str(fault)) from fault
        except KeyboardInterrupt:
            sentence = "Interrupted. What was stored is whole; run it again for the rest."
            raise CommandError(sentence, returncode=130) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
        else:
            self._tell(report)
        if refused := len(report.sent.refused):
            raise CommandError(f"Refused: {refused}. The others are stored.")

    def _tell(self, report: backfilling.Report) -> None:
        sent = report.sent
        self.stdout.write(
            f"{sent.created} new, {sent.updated} changed, {sent.unchanged} as they were, "
            f"{len(sent.refused)} refused, in {report.seconds:.1f} s"
        )
        for each in sent.refused[:MOST_TOLD]:
            faults = [f"{fault['pointer']} {fault['code']}" for fault in each["errors"]]
            said = ", ".join(faults) or each["code"]
            self.stdout.write(f"line {each['line']} ({each['external_id'] or '?'}): {said}")
        if len(sent.refused) > MOST_TOLD:
            self.stdout.write(f"and {len(sent.refused) - MOST_TOLD} more; --json tells all")
