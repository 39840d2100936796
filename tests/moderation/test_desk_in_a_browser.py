"""The desk as moderators meet it: keys, one screen, phones, and what axe has to say."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from comments.states import Status
from publishers.models import StaffMembership
from publishers.services import keys, staffing
from publishers.states import Role
from tests import staff
from tests.factories import (
    CaseFactory,
    CommentFactory,
    EditionFactory,
    FlagFactory,
    ModeratorFactory,
    VerdictFactory,
)

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]

#: What axe sees of colours hangs on the scheme, what runs over the edge on the width.
LOOKS = ((360, "dark"), (1280, "light"))


@pytest.fixture
def visit(chromium, live_server):
    """Open the desk of a site with three held replies, as its moderator."""
    site = three_cases()
    client = staff.sign_in(Client(), ModeratorFactory(site=site))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    complaints = []

    def open_desk(path="/moderation/", **preferences):
        context = chromium.new_context(base_url=live_server.url, **preferences)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.goto(path)
        return page

    yield open_desk
    assert complaints == []


def three_cases():
    edition = EditionFactory(title="Eelgrass returns")
    parent = CommentFactory(thread=edition.thread, body="What it replies to. " * 40)
    for body in ("First in line.", "Second in line.", "Third in line. " + "unbreakable" * 60):
        comment = CommentFactory(parent=parent, status=Status.HELD, body=body)
        VerdictFactory(comment=comment, evidence="https://win.example/" + "a" * 150)
        FlagFactory(case=CaseFactory(comment=comment), detail="Why is this here?")
    return edition.article.site


def comment(page):
    return page.get_by_role("region", name="The comment", exact=True)


def test_a_queue_is_worked_through_by_single_keys(visit):
    page = visit()
    expect(comment(page)).to_contain_text("First in line.")

    page.keyboard.press("j")
    expect(comment(page)).to_contain_text("Second in line.")
    page.keyboard.press("k")
    expect(comment(page)).to_contain_text("First in line.")

    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_have_text("Published. Next case.")
    expect(comment(page)).to_contain_text("Second in line.")

    page.keyboard.press("r")
    expect(page.get_by_label("Abuse")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Rejected: Spam. Next case.")
    expect(comment(page)).to_contain_text("Third in line.")


def test_keys_are_letters_in_text_fields_and_can_be_switched_off(visit):
    page = visit()
    note = page.get_by_label("To the author (optional)")
    note.press_sequentially("jar?")
    expect(note).to_have_value("jar?")
    note.evaluate("field => field.blur()")

    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("a")

    expect(comment(page)).to_contain_text("First in line.")
    expect(page.get_by_role("status")).to_have_count(0)


def test_all_works_without_script(visit):
    page = visit(java_script_enabled=False)
    page.get_by_role("link", name="Second in line.").click()
    page.get_by_label("Off topic").check()
    page.get_by_label("To the author (optional)").fill("Somewhere else, please.")

    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("status")).to_have_text("Rejected: Off topic. Next case.")
    expect(comment(page)).to_contain_text("Third in line.")


def test_what_one_needs_to_decide_fits_one_screen(visit):
    page = visit(viewport={"width": 1280, "height": 800})

    for shown in (
        page.get_by_role("link", name="Eelgrass returns"),
        comment(page),
        page.get_by_text("Why it is here"),
        page.get_by_text("Who wrote it"),
        page.get_by_text("Decided before on this comment"),
        page.get_by_role("button", name="Publish"),
        page.get_by_label("other"),
        page.get_by_role("button", name="Reject"),
    ):
        expect(shown).to_be_in_viewport(ratio=1)


def test_on_a_phone_a_case_has_the_screen_to_itself(visit):
    page = visit(viewport={"width": 360, "height": 740})
    expect(comment(page)).to_be_hidden()

    page.get_by_role("link", name="First in line.").click()
    expect(comment(page)).to_be_visible()
    expect(page.get_by_role("link", name="Second in line.")).to_be_hidden()

    page.get_by_role("link", name="All cases").click()
    expect(page.get_by_role("link", name="Second in line.")).to_be_visible()


def test_axe_finds_nothing_and_nothing_runs_over_the_edge(visit):
    page = visit(reduced_motion="reduce")  # or axe would see colours half way to the other scheme
    address = page.locator(".cases a").first.get_attribute("href")

    for path in ("/moderation/", address, "/moderation/?queue=reported"):
        page.goto(path)
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 740})
            page.emulate_media(color_scheme=scheme)
            shown = (path, width, scheme)
            assert Axe().run(page).response["violations"] == [], shown
            assert page.evaluate("document.documentElement.scrollWidth") == width, shown


PAGES = ("staff", "keys", "log", "figures", "articles", "sections", "words", "settings")


def test_axe_finds_nothing_on_the_pages_about_a_site(visit):
    """The same for what owners see: tables, forms, a key that was just made."""
    page = visit(reduced_motion="reduce")
    membership = StaffMembership.objects.get()
    StaffMembership.objects.update(role=Role.OWNER)
    site = membership.site
    ModeratorFactory(site=site, name="Somebody with a rather long name indeed")
    staffing.invite(site=site, email=f"{'a' * 60}@mail.example", role=Role.EDITOR)
    keys.issue(site=site, name="cms")
    site.sections.create(name="Harbour")
    article = site.articles.get()

    for name in (*PAGES, f"articles/{article.pk}"):
        page.goto(f"/moderation/sites/{site.pk}/{name}")
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 740})
            page.emulate_media(color_scheme=scheme)
            shown = (name, width, scheme)
            assert Axe().run(page).response["violations"] == [], shown
            assert page.evaluate("document.documentElement.scrollWidth") == width, shown
