from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations import demo


class Command(BaseCommand):
    help = "Fill the demo newsroom (development only). Safe to repeat; passwords are made anew."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IN_PRODUCTION:
            raise CommandError("The demo newsroom is for development; this is production.")
        try:
            summary = demo.seed(say=self.stdout.write)
        except RuntimeError as fault:
            raise CommandError(f"A story was refused: {fault}") from fault
        path = Path(settings.VAR, "demo.json")
        demo.write(path, summary)
        self.stdout.write(f"Accounts and addresses of the demo: {path}")
