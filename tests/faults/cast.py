"""Who takes part: `python -m tests.faults.cast READERS THREADS`, in the install's environment.

Prints as JSON a site that screens first, its empty threads and a token for each reader; and some
sites that ask a server of their own about each comment.
"""

import json
import os
import sys
from typing import Any

import django

#: Sites that ask a server of their own; where it stands is said later.
ASKING = 5
READERS_THERE = 10


def make(readers: int, threads: int) -> dict[str, Any]:
    """The site with its people."""
    from django.contrib.auth.hashers import make_password

    from accounts.models import User
    from accounts.services import tokens
    from comments.models import Thread
    from publishers.services import sites, staffing
    from publishers.states import Role, Screening

    site, _key = sites.create(
        name="Under trial", origins=["https://trial.example"], screening=Screening.SCREEN_FIRST
    )
    nobodys = make_password(None)
    people = User.objects.bulk_create(
        User(email=f"reader-{number}@trial.example", name=f"Reader {number}", password=nobodys)
        for number in range(readers)
    )
    moderator = User.objects.create_user("moderator@trial.example", name="Moderator")
    staffing.appoint(site=site, user=moderator, role=Role.MODERATOR)
    asking = [_asking(number, people[:READERS_THERE]) for number in range(ASKING)]
    opened = Thread.objects.bulk_create(Thread(site=site) for _ in range(threads))
    return {
        "site": str(site.pk),
        "threads": [str(each.pk) for each in opened],
        "tokens": [tokens.issue_reader(user=each, site=site)[1] for each in people],
        "asking": asking,
    }


def _asking(number: int, people: list[Any]) -> dict[str, Any]:
    """A site whose comments wait for its own server's word."""
    from accounts.services import tokens
    from comments.models import Thread
    from publishers.models import Site
    from publishers.services import hooks, sites
    from publishers.states import Screening, WhenAway

    site, _key = sites.create(
        name=f"Asking {number}",
        origins=[f"https://asking-{number}.example"],
        screening=Screening.SCREEN_FIRST,
        hook_when_away=WhenAway.QUEUE,
    )
    hooks.give_secret(site)
    Site.objects.filter(pk=site.pk).update(hook_secret=site.hook_secret)
    return {
        "site": str(site.pk),
        "thread": str(Thread.objects.create(site=site).pk),
        "tokens": [tokens.issue_reader(user=each, site=site)[1] for each in people],
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(json.dumps(make(int(sys.argv[1]), int(sys.argv[2]))))
