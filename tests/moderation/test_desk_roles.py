"""Which role may do what at the desk, through HTTP: each page and action, own and foreign site."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services import staff as accounts_staff
from articles.models import Article
from comments.models import Thread
from common import clock
from moderation.models import Decision
from publishers.models import ApiKey, Site, StaffMembership
from publishers.services import keys, sso_keys
from publishers.states import Role
from tests.abuse.scene import undone
from tests.factories import (
    CaseFactory,
    CommentFactory,
    EditionFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
)
from tests.staff import sign_in

pytestmark = pytest.mark.django_db

PAGES = {
    # a page of the site: the roles that see it
    "staff": {"owner", "lead"},
    "keys": {"owner"},
    "sso": {"owner"},
    "log": {"owner", "legal"},
    "figures": {"owner", "lead", "analyst"},
    "articles": {"owner", "lead", "editor"},
    "sections": {"owner", "lead", "editor"},
    "words": {"owner", "lead"},
    "settings": {"owner"},
}
ACTIONS = {
    # what is sent: the roles for which it is done
    ("case", "publish"): {"owner", "lead", "moderator"},
    ("case", "lock"): {"owner", "lead", "moderator"},
    ("case", "pace"): {"owner", "lead", "moderator"},  # an editor sees no cases
    ("articles", "pace"): {"owner", "lead", "editor"},
    ("articles", "switch"): {"owner", "lead", "editor"},
    ("articles", "relate"): {"owner", "lead", "editor"},
    ("articles", "unpublish"): {"owner", "lead", "editor"},
    ("sections", "switch"): {"owner", "lead", "editor"},
    ("words", "list"): {"owner", "lead"},
    ("settings", "save"): {"owner"},
    ("settings", "new_secret"): {"owner"},
    ("staff", "invite"): {"owner", "lead"},
    ("staff", "change"): {"owner", "lead"},
    ("staff", "remove"): {"owner", "lead"},
    ("keys", "make"): {"owner"},
    ("keys", "rotate"): {"owner"},
    ("keys", "revoke"): {"owner"},
    ("sso", "make"): {"owner"},
    ("sso", "rotate"): {"owner"},
    ("sso", "retire"): {"owner"},
}


@pytest.fixture
def site():
    return SiteFactory(name="The Harbour Post")


@pytest.fixture
def scene(site):
    """One of each that an action can be about."""
    edition = EditionFactory(article__site=site)
    comment = CommentFactory(thread=edition.thread, status="held")
    return {
        "case": CaseFactory(comment=comment),
        "article": edition.article,
        "edition": edition,
        "section": site.sections.create(name="Harbour"),
        "member": ModeratorFactory(site=site),
        "key": keys.issue(site=site, name="cms")[0],
        "sso key": sso_keys.make_secret(site=site, name="web team")[0],
    }


def at_desk(site, role):
    return sign_in(Client(), ModeratorFactory(site=site, role=role))


def address(site, page):
    return f"/moderation/sites/{site.pk}/{page}"


def do(client, site, scene, page, what):
    """Send an action as its page would."""
    article = f"articles/{scene['article'].pk}"
    case = f"/moderation/cases/{scene['case'].pk}"
    member, key, kid = scene["member"].pk, scene["key"].pk, scene["sso key"].kid
    where, form = {
        ("case", "publish"): (case, {"ruling": "publish"}),
        ("case", "lock"): (f"{case}/name", {"days": 30, "reason": "It is not theirs."}),
        ("case", "pace"): (f"{case}/pace", {"seconds": 30, "duration": 0}),
        ("articles", "pace"): (
            address(site, article),
            {"action": "pace", "thread": scene["edition"].thread_id, "seconds": 30, "duration": 0},
        ),
        ("articles", "switch"): (
            address(site, article),
            {"action": "switch", "comments": "closed"},
        ),
        ("articles", "relate"): (
            address(site, article),
            {"action": "relate", "edition": scene["edition"].pk, "links": "harbour-walk"},
        ),
        ("articles", "unpublish"): (
            address(site, article),
            {"action": "publish", "published": "no"},
        ),
        ("sections", "switch"): (
            address(site, page),
            {"section": scene["section"].pk, "comments": "closed"},
        ),
        ("words", "list"): (address(site, page), {"word": "free money", "action": "hold"}),
        ("settings", "save"): (
            address(site, page),
            {
                "name": "The Evening Post",
                "screening": "screen_first",
                "edit_window_seconds": 60,
                "hold_over_characters": 100,
                "hold_over_links": 1,
                "hook_url": "",
                "hook_when_away": "queue",
                "reactions": "sad",
            },
        ),
        ("settings", "new_secret"): (address(site, page), {"new_secret": "1"}),
        ("staff", "invite"): (
            address(site, page),
            {"action": "invite", "email": "new@mail.example", "role": "analyst"},
        ),
        ("staff", "change"): (
            address(site, page),
            {"action": "change", "user": member, "role": "editor"},
        ),
        ("staff", "remove"): (address(site, page), {"action": "remove", "user": member}),
        ("keys", "make"): (
            address(site, page),
            {"action": "make", "name": "new", "scopes": ["articles:write"], "days": 0},
        ),
        ("keys", "rotate"): (address(site, page), {"action": "rotate", "key": key, "overlap": 0}),
        ("keys", "revoke"): (address(site, page), {"action": "revoke", "key": key}),
        ("sso", "make"): (address(site, page), {"action": "make", "name": "new"}),
        ("sso", "rotate"): (address(site, page), {"action": "rotate", "key": kid}),
        ("sso", "retire"): (address(site, page), {"action": "retire", "key": kid}),
    }[page, what]
    return client.post(where, form)


def traces(site):
    """All that actions could have left behind."""
    return [
        list(rows.order_by("pk"))
        for rows in (
            Site.objects.filter(pk=site.pk).values(),
            site.staff.values("user", "role"),
            site.api_keys.values(),
            site.sso_keys.values(),
            site.invitations.values(),
            site.listed_words.values(),
            Decision.objects.values(),
            site.name_locks.values("user", "until"),
            Thread.objects.filter(site=site).values("state", "slow_seconds"),
            Article.objects.filter(site=site).values("comments", "unpublished_at"),
            site.sections.values(),
            site.articles.values("editions__related_links__external_id"),
        )
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_for_the_roles_that_hold_its_permission(site, page):
    answers = {role: at_desk(site, role).get(address(site, page)) for role in Role}

    refused = {role: answer for role, answer in answers.items() if role not in PAGES[page]}
    assert {role for role, answer in answers.items() if answer.status_code == 200} == PAGES[page]
    for role, answer in refused.items():
        assert answer.status_code == 403, role
        assert "Your role on this site does not include this." in answer.text, role


@pytest.mark.parametrize(("page", "what"), list(ACTIONS))
def test_an_action_is_done_for_the_roles_that_hold_its_permission(site, scene, page, what):
    clients = {role: at_desk(site, role) for role in Role}
    before = traces(site)

    for role, client in clients.items():
        with undone():
            answer = do(client, site, scene, page, what)
            is_done = traces(site) != before

        allowed = role in ACTIONS[page, what]
        assert answer.status_code in ({200, 303} if allowed else {403, 404}), role
        assert is_done == allowed, role


@pytest.mark.parametrize(("page", "what"), list(ACTIONS))
def test_on_a_foreign_site_nothing_is_there_even_for_an_owner(site, scene, page, what):
    client = at_desk(SiteFactory(), Role.OWNER)
    before = traces(site)

    foreign = do(client, site, scene, page, what)

    assert foreign.status_code == 404
    assert traces(site) == before


@pytest.mark.parametrize("page", PAGES)
def test_a_foreign_site_is_as_an_absent_one(site, page):
    client = at_desk(SiteFactory(), Role.OWNER)

    foreign = client.get(address(site, page))
    absent = client.get(f"/moderation/sites/{uuid4()}/{page}")

    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)


def test_what_belongs_to_another_site_is_as_if_absent_on_ones_own(site, scene):
    elsewhere = SiteFactory()
    client = at_desk(elsewhere, Role.OWNER)
    article, key = scene["article"], scene["key"]

    assert client.get(address(elsewhere, f"articles/{article.pk}")).status_code == 404
    for form in ({"action": "revoke", "key": key.pk}, {"action": "rotate", "key": key.pk}):
        answer = client.post(address(elsewhere, "keys"), {**form, "overlap": 0})
        assert answer.status_code == 404
    client.post(address(elsewhere, "staff"), {"action": "remove", "user": scene["member"].pk})
    assert site.staff.filter(user=scene["member"]).exists()
    assert ApiKey.objects.live().filter(pk=key.pk).exists()


@pytest.mark.parametrize("role", list(Role))
def test_every_role_needs_a_second_factor_set_up_and_used(site, role):
    person = ModeratorFactory(site=site, role=role)
    browser = Client()
    browser.force_login(person)

    without = browser.get("/moderation/")
    accounts_staff.enroll_totp(person)
    unused = browser.get("/moderation/")

    assert without["Location"].startswith("/accounts/2fa/totp/activate/")
    assert unused["Location"].startswith("/accounts/2fa/reauthenticate/")


@pytest.mark.parametrize(
    ("role", "leads_to"),
    [
        (Role.OWNER, 200),
        (Role.LEAD, 200),
        (Role.MODERATOR, 200),
        (Role.LEGAL, 200),
        (Role.EDITOR, "articles"),
        (Role.ANALYST, "figures"),
    ],
)
def test_the_desk_opens_with_what_a_role_is_there_for(site, role, leads_to):
    answer = at_desk(site, role).get("/moderation/")

    if leads_to == 200:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer["Location"]) == (303, address(site, leads_to))


def test_legal_reads_a_case_and_is_shown_no_button(site, scene):
    page = at_desk(site, Role.LEGAL).get(f"/moderation/cases/{scene['case'].pk}")

    assert page.status_code == 200
    assert 'name="ruling"' not in page.text
    assert 'name="seconds"' not in page.text
    assert 'name="days"' not in page.text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ANALYST])
def test_who_reviews_nothing_sees_no_case(site, scene, role):
    client = at_desk(site, role)

    there = client.get(f"/moderation/cases/{scene['case'].pk}")
    absent = client.get(f"/moderation/cases/{uuid4()}")

    assert (there.status_code, there.content) == (absent.status_code, absent.content)
    assert there.status_code == 404


def test_a_changed_role_counts_from_the_next_request_on(site):
    client = at_desk(site, Role.OWNER)
    membership = StaffMembership.objects.get(site=site)
    before = client.get(address(site, "keys")).status_code

    StaffMembership.objects.filter(pk=membership.pk).update(role=Role.ANALYST)

    after = client.get(address(site, "keys")).status_code
    assert (before, after) == (200, 403)


def test_two_roles_on_two_sites_do_not_mix(site):
    elsewhere = SiteFactory(name="The Other Paper")
    person = ModeratorFactory(site=site, role=Role.OWNER)
    StaffMembership.objects.create(site=elsewhere, user=person, role=Role.ANALYST)
    client = sign_in(Client(), person)

    assert client.get(address(site, "keys")).status_code == 200
    assert client.get(address(elsewhere, "keys")).status_code == 403
    figures = client.get(address(elsewhere, "figures"))
    assert [place.label for place in figures.context["places"]] == [
        "The Harbour Post",
        "The Other Paper",
    ]


def test_a_new_key_is_shown_in_one_answer_only(site):
    client = at_desk(site, Role.OWNER)
    made = client.post(
        address(site, "keys"),
        {"action": "make", "name": "cms", "scopes": ["articles:write"], "days": 90},
    )
    text = made.context["text"]

    assert text in made.text
    assert keys.find(text).scopes == ["articles:write"]
    assert keys.find(text).expires_at is not None
    assert text not in client.get(address(site, "keys")).text
    assert "no-store" in made["Cache-Control"]


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 400, "²"])
def test_a_senseless_key_is_absent(site, key):
    answer = at_desk(site, Role.OWNER).post(address(site, "keys"), {"action": "revoke", "key": key})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("staff", {}),
        ("staff", {"action": "burn"}),
        ("staff", {"action": "invite", "email": "no address", "role": "editor"}),
        ("staff", {"action": "invite", "email": "a@mail.example\r\nBcc: b@c.d", "role": "editor"}),
        ("staff", {"action": "invite", "email": "a@mail.example", "role": "king"}),
        ("staff", {"action": "change", "user": "x", "role": "editor"}),
        ("staff", {"action": "remove", "user": "x"}),
        ("keys", {"action": "make", "name": "", "scopes": [], "days": 0}),
        ("keys", {"action": "make", "name": "n" * 101, "scopes": ["articles:write"], "days": 0}),
        ("keys", {"action": "make", "name": "n", "scopes": ["everything"], "days": 0}),
        ("sso", {}),
        ("sso", {"action": "make", "name": ""}),
        ("sso", {"action": "make", "name": "n" * 101}),
        ("sso", {"action": "make", "name": "n", "public_key": "a secret"}),
        ("words", {"word": "", "action": "hold"}),
        ("settings", {"name": "", "hook_url": "nonsense"}),
    ],
)
def test_what_is_malformed_changes_nothing(site, page, form):
    client = at_desk(site, Role.OWNER)
    before = traces(site)

    answer = client.post(address(site, page), form)

    assert answer.status_code == 400
    assert traces(site) == before


def test_the_staff_page_says_who_has_a_second_factor_and_when_they_were_seen(site):
    ModeratorFactory(site=site, name="Nobody Yet")
    client = at_desk(site, Role.OWNER)

    members = {
        each.membership.user.name: each
        for each in client.get(address(site, "staff")).context["staff"]
    }

    new = members.pop("Nobody Yet")
    assert (new.has_second_factor, new.membership.last_seen_at) == (False, None)
    own = next(iter(members.values()))
    assert own.has_second_factor
    assert own.membership.last_seen_at is not None
    assert not own.may_change


def test_inviting_says_the_same_whether_an_address_has_an_account(site, mailoutbox):
    ReaderFactory(email="known@mail.example")
    client = at_desk(site, Role.OWNER)
    form = {"action": "invite", "role": "editor"}

    known, unknown = (
        client.post(address(site, "staff"), {**form, "email": email}, follow=True)
        for email in ("known@mail.example", "nobody@mail.example")
    )

    said = [[str(message) for message in answer.context["messages"]] for answer in (known, unknown)]
    assert said == [
        ["An invitation is on its way to known@mail.example."],
        ["An invitation is on its way to nobody@mail.example."],
    ]
    assert known.status_code == unknown.status_code
    assert len(mailoutbox) == 2


def test_an_invitation_is_sent_again_and_taken_back(site, mailoutbox):
    client = at_desk(site, Role.LEAD)
    form = {"action": "invite", "email": "mo@mail.example", "role": "moderator"}
    client.post(address(site, "staff"), form)
    client.post(address(site, "staff"), form)
    invitation = site.invitations.get()

    client.post(address(site, "staff"), {"action": "withdraw", "invitation": invitation.pk})

    assert len(mailoutbox) == 2
    assert not site.invitations.exists()


def test_the_log_shows_decisions_and_who_was_let_in_in_pages(site, scene, monkeypatch):
    monkeypatch.setattr("moderation.desk.reads.LOG_PAGE", 2)
    moderator = at_desk(site, Role.MODERATOR)
    do(moderator, site, scene, "case", "publish")
    client = at_desk(site, Role.LEGAL)

    newest = client.get(address(site, "log")).context["log"]
    older = client.get(address(site, "log"), {"before": str(newest.further)}).context["log"]

    assert [bool(each.decision) for each in newest.entries] == [False, True]
    assert newest.entries[-1].id > older.entries[0].id
    assert client.get(address(site, "log"), {"before": "nonsense"}).status_code == 200


def test_figures_name_no_person(site, scene):
    do(at_desk(site, Role.OWNER), site, scene, "case", "publish")

    page = at_desk(site, Role.ANALYST).get(address(site, "figures"))

    assert page.context["figures"].decided["published"] == 1
    assert scene["case"].comment.author.name not in page.text
    assert scene["case"].comment.body not in page.text


def test_related_links_keep_the_texts_the_publisher_sent(site, scene):
    edition = scene["edition"]
    edition.related_links.create(position=0, url="https://a.example/x", title="A", text="Why.")
    client = at_desk(site, Role.EDITOR)
    links = "harbour-walk\nhttps://a.example/x Another title"

    client.post(
        address(site, f"articles/{scene['article'].pk}"),
        {"action": "relate", "edition": edition.pk, "links": links},
    )

    kept = list(edition.related_links.values_list("external_id", "url", "title", "text"))
    assert kept == [
        ("harbour-walk", "", "", ""),
        ("", "https://a.example/x", "Another title", "Why."),
    ]


def test_editors_find_articles_in_any_script_and_see_how_they_stand(site):
    bus = EditionFactory(article__site=site, title="심야 버스가 돌아온다")
    EditionFactory(article__site=site, title="A walk around the harbour")
    client = at_desk(site, Role.EDITOR)
    client.post(
        address(site, f"articles/{bus.article_id}"), {"action": "publish", "published": "no"}
    )

    found = client.get(address(site, "articles"), {"q": "버스"}).text

    assert "심야 버스가 돌아온다" in found
    assert "Unpublished" in found
    assert "harbour" not in found


def test_an_article_may_do_as_its_section_says(site, scene):
    scene["article"].section = scene["section"]
    scene["article"].save()
    client = at_desk(site, Role.EDITOR)
    article = address(site, f"articles/{scene['article'].pk}")
    client.post(article, {"action": "switch", "comments": "open"})
    client.post(address(site, "sections"), {"section": scene["section"].pk, "comments": "closed"})
    assert Thread.objects.get(pk=scene["edition"].thread_id).state == "open"

    answer = client.post(article, {"action": "switch", "comments": ""}, follow=True)

    assert "Comments: Closed" in answer.text
    assert "As its section says (Closed" in answer.text
    assert Thread.objects.get(pk=scene["edition"].thread_id).state == "closed"


def test_a_moderator_sees_what_the_article_said_when_the_comment_came(site, scene):
    scene["edition"].former_texts.create(
        number=1, title="Ferry sunk", standfirst="It did not.", until=clock.now()
    )

    page = at_desk(site, Role.MODERATOR).get(f"/moderation/cases/{scene['case'].pk}").text

    assert "The article was changed after this comment." in page
    assert "Ferry sunk" in page


@pytest.mark.parametrize("line", ["javascript:alert(1) Hi", "two words", "/path Title", "ü/ü x"])
def test_a_line_that_leads_nowhere_is_named_and_kept(site, scene, line):
    answer = at_desk(site, Role.EDITOR).post(
        address(site, f"articles/{scene['article'].pk}"),
        {"action": "relate", "edition": scene["edition"].pk, "links": f"fine\n{line}"},
    )

    assert answer.status_code == 400
    assert "Line 2" in answer.text
    assert line.split(" ")[0] in answer.text
    assert not scene["edition"].related_links.exists()


@pytest.mark.parametrize(
    ("page", "queries"),
    [
        ("staff", 6),
        ("keys", 5),
        ("log", 7),
        ("sso", 6),
        ("figures", 9),
        ("articles", 7),
        ("sections", 5),
        ("words", 5),
        ("settings", 5),
    ],
)
def test_a_page_takes_the_same_queries_however_much_there_is(site, scene, page, queries):
    client = at_desk(site, Role.OWNER)
    client.get(address(site, page))
    with CaptureQueriesContext(connection) as few:
        assert client.get(address(site, page)).status_code == 200
    for number in range(3):
        ModeratorFactory(site=site)
        keys.issue(site=site, name=f"{number}")
        site.listed_words.create(word=f"word {number}")
        CaseFactory(comment__thread=EditionFactory(article__site=site).thread)

    with CaptureQueriesContext(connection) as many:
        client.get(address(site, page))

    assert len(many) == len(few) == queries


def test_writing_at_the_desk_is_limited_as_a_person_never_notices(site, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"staff": {"account": [(2, 60)]}}
    settings.NEW_ACCOUNT_SHARE = 1
    client = at_desk(site, Role.OWNER)
    client.raise_request_exception = False

    answers = [client.post(address(site, "words"), {"word": f"{n}"}) for n in range(3)]

    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0
