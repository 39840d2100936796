from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.selectors import site_named
from accounts.services import tokens


class Command(BaseCommand):
    help = "Print a reader token, bound to no origin. For development only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="whose token")
        parser.add_argument("--site", required=True, help="the site's id or name")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IN_PRODUCTION:
            raise CommandError("issue_token works in development only (COLLOQUY_ENV=development).")
        user = User.objects.filter(email=options["email"].lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account with the address {options['email']}.")
        site = site_named(options["site"])
        if site is None:
            raise CommandError(f"There is no site with the id or name {options['site']}.")
        _token, text = tokens.issue_reader(user=user, site=site)
        self.stdout.write(text)
