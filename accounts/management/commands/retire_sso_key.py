from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from publishers.models import SsoKey
from publishers.services import sso_keys


class Command(BaseCommand):
    help = "End a key by which a publisher signs its readers in. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kid", help="the key's id, as create_sso_key said it")

    def handle(self, *args: Any, **options: Any) -> None:
        key = SsoKey.objects.select_related("site").filter(kid=options["kid"]).first()
        if key is None:
            raise CommandError(f"There is no key with the id {options['kid']}.")
        sso_keys.retire(key)
        self.stdout.write(f"{key} of {key.site} signs nobody in any more.")
