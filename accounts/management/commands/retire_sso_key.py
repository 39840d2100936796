from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import sso
from publishers.models import SsoKey
from publishers.services import sso_keys


class Command(BaseCommand):
    help = "End a key by which a publisher signs its readers in. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kid", help="the key's id, as create_sso_key said it")
        parser.add_argument(
            "--end-sign-ins", action="store_true", help="it leaked: end what it signed in, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = SsoKey.objects.select_related("site").filter(kid=options["kid"]).first()
        if key is None:
            raise CommandError(f"There is no key with the id {options['kid']}.")
        if options["end_sign_ins"]:
            ended = sso.retire_with_sign_ins(key)
            self.stdout.write(f"Ended {ended} sign-ins.")
        else:
            sso_keys.retire(key)
        self.stdout.write(f"{key} of {key.site} signs nobody in any more.")
