"""A publisher starts with one command."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from publishers.models import Site
from publishers.services import keys

pytestmark = pytest.mark.django_db


def create_site(*args):
    out = StringIO()
    call_command("create_site", "--json", *args, stdout=out)
    return json.loads(out.getvalue())


def test_a_site_is_opened_with_its_origins_and_a_working_key():
    made = create_site("--name", "The Paper", "--origin", "https://paper.example", "--locale", "ko")

    site = Site.objects.get(pk=made["id"])
    assert (site.name, site.default_locale) == ("The Paper", "ko")
    assert made["origins"] == ["https://paper.example"]
    assert keys.find(made["api_key"]).site == site


def test_the_first_key_may_be_made_narrower():
    origin = ("--origin", "https://paper.example")
    wide = create_site("--name", "The Paper", *origin)
    narrow = create_site("--name", "The Gazette", *origin, "--scope", "related:write")

    assert keys.find(wide["api_key"]).scopes == ["articles:write", "related:write"]
    assert keys.find(narrow["api_key"]).scopes == ["related:write"]


def test_a_key_is_kept_as_a_hash_only():
    made = create_site("--name", "The Paper", "--origin", "https://paper.example")

    key = Site.objects.get().api_keys.get()
    assert made["api_key"] not in (key.digest, key.prefix)


@pytest.mark.parametrize(
    "origin", ["paper.example", "https://paper.example/", "https://Paper.example", "ftp://x"]
)
def test_what_is_no_origin_is_refused_in_a_sentence(origin):
    with pytest.raises(CommandError, match=r"looks like https://news\.example"):
        create_site("--name", "The Paper", "--origin", origin)

    assert not Site.objects.exists()


def test_a_name_is_taken_once():
    create_site("--name", "The Paper", "--origin", "https://paper.example")

    with pytest.raises(CommandError, match="already"):
        create_site("--name", "The Paper", "--origin", "https://paper.example")
