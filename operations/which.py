"""Which site a command is about."""

from django.core.management.base import CommandError, CommandParser

from accounts import selectors
from publishers.models import Site


def ask_which_site(parser: CommandParser) -> None:
    """Give a command its `--site`."""
    parser.add_argument(
        "--site", metavar="SITE", help="the site's id or name; needed where there are several"
    )


def site_meant(words: str | None) -> Site:
    """The site that `--site` names or, where it was left out, the only one. Raises CommandError."""
    if words:
        found = selectors.site_named(words)
        if found is None:
            raise CommandError(f"There is no site {words}, or several of that name.")
        return found
    some = list(Site.objects.all()[:2])
    if len(some) != 1:
        raise CommandError("Say which site it is for: --site with its id or name.")
    return some[0]
