import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from publishers.models import Site
from publishers.services import sites
from publishers.states import Scope, Screening


class Command(BaseCommand):
    help = "Open a site for a publisher, with its web origins and a first API key (shown once)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="the publication's name")
        parser.add_argument(
            "--origin",
            action="append",
            required=True,
            help="an origin whose pages embed threads, as https://news.example; repeat for more",
        )
        parser.add_argument("--locale", default="en", help="the locale of most pages")
        parser.add_argument(
            "--screening",
            choices=Screening.values,
            default=Screening.PUBLISH_FIRST.value,
            help="what the public sees before a worker has looked at a comment: the comment "
            "(publish_first, if left out) or nothing",
        )
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what the first API key may do; repeat for more, all if left out",
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if Site.objects.filter(name=options["name"]).exists():
            raise CommandError(f"There is a site called {options['name']} already.")
        try:
            site, key = sites.create(
                name=options["name"],
                origins=options["origin"],
                default_locale=options["locale"],
                screening=options["screening"],
                scopes=options["scope"],
            )
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages)) from fault
        origins = [row.origin for row in site.origins.all()]
        if options["json"]:
            answer = {"id": str(site.pk), "name": site.name, "api_key": key, "origins": origins}
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"Site     {site.pk}  {site.name}")
        for origin in origins:
            self.stdout.write(f"Origin   {origin}")
        self.stdout.write(f"API key  {key}  (shown once; keep it on your server)")
        self.stdout.write(
            f"Next     manage.py add_staff --site {site.pk} --email … --role owner --invite"
        )
