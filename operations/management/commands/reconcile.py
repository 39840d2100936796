import json
import signal
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from operations import reconciling
from operations.progress import meter
from operations.recounting import Difference
from publishers.models import Site

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Recount every cached number from its rows and print what differs, while everything goes"
        " on. Exits with 0 where nothing differs, or all was put right; 1 where something"
        " differs; 2 where it could not be counted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="put right what differs")
        parser.add_argument(
            "--site", type=UUID, metavar="ID", help="tell and put right only what is of this site"
        )
        parser.add_argument("--json", action="store_true", help="print all differences, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if options["site"] and not Site.objects.filter(pk=options["site"]).exists():
                sentence = f"There is no site with the id {options['site']}."
                raise CommandError(sentence, returncode=2)
            teller = InJSON(self.stdout) if options["json"] else InWords(self.stdout)
            with meter() as shown:
                report = reconciling.reconcile(
                    site=options["site"], fix=options["fix"], tell=teller.tell, meter=shown
                )
        except DatabaseError as fault:
            raise CommandError(f"It could not be counted: {fault}", returncode=2) from fault
        except KeyboardInterrupt:
            raise CommandError("Interrupted. Run it again.", returncode=130) from None
        teller.end(report)
        if left := report.difference_count - report.repaired:
            sentence = f"{left:,} counts are not what their rows say; --fix puts them right."
            raise CommandError(sentence, returncode=1)


class InWords:
    """The first differences, and how many there are of each kind."""

    def __init__(self, out: Any) -> None:
        self.out = out
        self.told = 0

    def tell(self, difference: Difference) -> None:
        self.told += 1
        if self.told <= SHOWN:
            self.out.write(str(difference))

    def end(self, report: reconciling.Report) -> None:
        if self.told > SHOWN:
            self.out.write(f"and {self.told - SHOWN:,} more; --json prints all")
        for name, count in report.found.items():
            self.out.write(f"{name}: {count:,} differ")
        done = "put right" if report.repaired else "found"
        self.out.write(f"differences {done}: {report.difference_count:,}; {report.seconds:.1f} s")


class InJSON:
    """One object with all of them, written as they are found."""

    def __init__(self, out: Any) -> None:
        self.out = out
        self.told = 0

    def tell(self, difference: Difference) -> None:
        self.out.write("," if self.told else '{"differences": [')
        self.out.write(json.dumps(difference.as_json()))
        self.told += 1

    def end(self, report: reconciling.Report) -> None:
        if not self.told:
            self.out.write('{"differences": [')
        self.out.write("], " + json.dumps(report.as_json(), indent=1).removeprefix("{"))
