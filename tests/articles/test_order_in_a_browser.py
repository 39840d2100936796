"""Editors put picks in order in the admin: by keys, by buttons, by dragging."""

import mimetypes
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from articles.models import RelatedLink
from tests import staff
from tests.factories import EditionFactory, UserFactory

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]

HOST = "http://admin.example"
PLACES = "[...document.querySelectorAll('#related_links-group .inline-related:not(.empty-form)')]"
PLACES += ".map(link => ['external_id', 'position']"
PLACES += ".map(name => link.querySelector(`[name$='-${name}']`).value).join(' '))"


def serve(route, shown):
    """The page as the admin made it, and what it asks for."""
    name = route.request.url.removeprefix(f"{HOST}/static/")
    if found := finders.find(name.partition("?")[0]):
        kind = mimetypes.guess_type(found)[0]
        route.fulfill(body=Path(found).read_bytes(), content_type=kind)
    elif route.request.url == f"{HOST}/":
        route.fulfill(body=shown, content_type="text/html")
    else:
        route.fulfill(status=404)


def test_editors_order_picks_by_keys_buttons_and_dragging(client, chromium):
    operator = staff.sign_in(client, UserFactory(is_staff=True, is_superuser=True))
    edition = EditionFactory()
    for position, name in enumerate("abc"):
        RelatedLink.objects.create(edition=edition, position=position, external_id=name)
    shown = operator.get(reverse("admin:articles_edition_change", args=[edition.pk])).text

    page = chromium.new_page()
    page.route("**/*", lambda route: serve(route, shown))
    page.goto(f"{HOST}/")
    links = page.locator("#related_links-group .inline-related:not(.empty-form)")
    links.nth(0).locator("[name$='-external_id']").press("Alt+ArrowDown")
    by_keys = page.evaluate(PLACES)
    links.nth(2).get_by_role("button", name="Move up").click()
    by_button = page.evaluate(PLACES)
    links.nth(0).locator("h3").dispatch_event("dragstart")
    links.nth(1).dispatch_event("dragover", {"clientY": 100_000, "cancelable": True})
    by_dragging = page.evaluate(PLACES)

    assert by_keys == ["b 0", "a 1", "c 2", " "]  # a form left empty stays so
    assert by_button == ["b 0", "c 1", "a 2", " "]
    assert by_dragging == ["c 0", "b 1", "a 2", " "]
