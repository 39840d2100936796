import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.forms import ValidationError

from accounts import names
from accounts.forms import NAME_FAULTS
from accounts.selectors import site_named
from accounts.services import inviting, staff
from common.errors import Refusal
from publishers.models import Site
from publishers.states import Role


class Command(BaseCommand):
    help = "Put somebody on a site's staff; makes the account where there is none. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", required=True, help="the site's id or name")
        parser.add_argument("--email", required=True, help="their e-mail address")
        parser.add_argument(
            "--role", choices=Role.values, default=Role.MODERATOR, help="moderator, if left out"
        )
        parser.add_argument("--name", default="", help="display name of a new account")
        parser.add_argument(
            "--invite",
            action="store_true",
            help="send a mail with a link to join, instead of making an account and a password",
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        site = site_named(options["site"])
        if site is None:
            raise CommandError(f"There is no site with the id or name {options['site']}.")
        try:
            validate_email(options["email"])
        except ValidationError as fault:
            raise CommandError(f"{options['email']} is not an e-mail address.") from fault
        role = Role(options["role"])
        try:
            name = names.tidy(options["name"]) if options["name"] else ""
            if options["invite"]:
                self._invite(site, options["email"], role, as_json=options["json"])
                return
            made = staff.appoint(site=site, email=options["email"], role=role, name=name)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        except names.BadName as fault:
            raise CommandError(str(NAME_FAULTS[fault.code])) from fault
        user = made.membership.user
        if options["json"]:
            answer = {
                "site": str(site.pk),
                "user": str(user.pk),
                "email": user.email,
                "role": made.membership.role,
                "password": made.password,
            }
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"{user.email} is {made.membership.role} of {site.name}.")
        if made.password is not None:
            self.stdout.write(f"Password (shown once): {made.password}")
        self.stdout.write("A second factor is set up at the first visit to the desk.")

    def _invite(self, site: Site, email: str, role: Role, *, as_json: bool) -> None:
        invitation = inviting.invite(site=site, email=email, role=role, actor=None)
        if as_json:
            answer = {"site": str(site.pk), "email": invitation.email, "role": invitation.role}
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"{invitation.email} is invited to {site.name} as {invitation.role}.")
