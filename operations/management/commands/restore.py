import json
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from common.moments import moment
from operations.backup import restoring
from operations.backup.archive import Damaged, Manifest
from operations.progress import meter


class Command(BaseCommand):
    help = (
        "Put a backup into an empty database, prove that it is all there, and set aside the mails "
        "that may have gone out since. With --check only read the file. Stop everything else first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("file", nargs="?", type=Path, metavar="FILE", help="what `backup` wrote")
        what.add_argument(
            "--recovered",
            type=moment,
            metavar="WHEN",
            help="restore nothing: the database came back by other means, as of then",
        )
        parser.add_argument(
            "--check", action="store_true", help="only read the file and compare its sums"
        )
        parser.add_argument(
            "--replace", action="store_true", help="wipe the database if it is not empty"
        )
        parser.add_argument("--yes", action="store_true", help="yes, wipe it")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if options["recovered"]:
                self._recovered(options["recovered"], as_json=options["json"])
            elif options["check"]:
                self._check(options["file"], as_json=options["json"])
            else:
                self._restore(options["file"], options)
        except Damaged as fault:
            raise CommandError(f"{options['file']} is no whole backup: {fault}.") from fault
        except (OSError, restoring.Refused) as fault:
            raise CommandError(str(fault)) from fault
        except DatabaseError as fault:
            raise CommandError(f"Nothing was restored: {fault}") from fault
        except KeyboardInterrupt:
            sentence = "Interrupted. Nothing was restored; run it again."
            raise CommandError(sentence, returncode=130) from None

    def _check(self, file: Path, *, as_json: bool) -> None:
        with meter() as shown:
            manifest = restoring.check(file, meter=shown)
        if as_json:
            self.stdout.write(json.dumps(manifest.as_json(), indent=1))
        else:
            self.stdout.write(f"{file} is whole. {_told(manifest)}")

    def _recovered(self, as_of: datetime, *, as_json: bool) -> None:
        count = restoring.recovered(as_of)
        if as_json:
            self.stdout.write(json.dumps({"deliveries_set_aside": count}))
        else:
            self.stdout.write(_set_aside(count))

    def _restore(self, file: Path, options: dict[str, Any]) -> None:
        if options["replace"] and not options["yes"] and (filled := restoring.filled_tables()):
            raise CommandError(
                f"--replace wipes what is in {', '.join(filled)}. Say --yes as well, if so."
            )
        with meter() as shown:
            report = restoring.restore(file, replace=options["replace"], meter=shown)
        try:
            restoring.migrate_on()
        except (DatabaseError, KeyboardInterrupt) as fault:
            sentence = f"All is restored, but not migrated ({fault}): run `manage.py migrate`."
            raise CommandError(sentence) from fault
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=1))
            return
        self.stdout.write(f"Restored in {report.seconds:.1f} s. {_told(report.manifest)}")
        self.stdout.write("Every table has the rows and the checksum that the backup had.")
        self.stdout.write(_set_aside(report.set_aside))
        if report.key_differs:
            self.stderr.write(
                "The backup was taken under another SECRET_KEY: second factors that were set up "
                "under it do not open here, and everybody is signed out."
            )


def _told(manifest: Manifest) -> str:
    return (
        f"Colloquy {manifest.colloquy} as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC:"
        f" {manifest.rows:,} rows of {len(manifest.tables)} tables, {manifest.bytes / 1e6:,.1f} MB."
    )


def _set_aside(count: int) -> str:
    return (
        f"{count} pending mails are set aside, and so will be those about comments from before"
        " now: see `manage.py release_deliveries`."
    )
