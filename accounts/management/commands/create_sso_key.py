import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.selectors import site_named
from publishers.services import sso_keys


class Command(BaseCommand):
    help = (
        "Make a key by which a publisher signs its readers in. Earlier ones stay good: once the "
        "publisher has changed over, retire_sso_key ends them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", required=True, help="the site's id or name")
        parser.add_argument("--name", default="sign-in", help="what staff call it")
        parser.add_argument(
            "--public-key",
            type=Path,
            metavar="FILE",
            help="the public half of the publisher's own pair, as PEM; without it a secret is "
            "made, and shown once",
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        site = site_named(options["site"])
        if site is None:
            raise CommandError(f"There is no site with the id or name {options['site']}.")
        file, name = options["public_key"], options["name"]
        secret = None
        try:
            if file is None:
                key, secret = sso_keys.make_secret(site=site, name=name)
            else:
                key = sso_keys.add_public_key(site=site, name=name, pem=file.read_text())
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages)) from fault
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{file} cannot be read.") from fault
        if options["json"]:
            answer = {
                "site": str(site.pk),
                "kid": key.kid,
                "algorithm": key.algorithm,
                "secret": secret,
            }
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"Site       {site.pk}  {site.name}")
        self.stdout.write(f"Key id     {key.kid}")
        self.stdout.write(f"Algorithm  {key.algorithm}")
        if secret is not None:
            self.stdout.write(f"Secret     {secret}  (shown once; keep it on your server)")
