"""The desk through HTTP: who gets in, what a case shows, what deciding does."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comments.services import lifecycle
from comments.states import Status
from moderation import selectors
from moderation.models import Decision
from moderation.services import decisions
from moderation.states import FlagReason, Ruling
from tests import staff
from tests.factories import (
    CaseFactory,
    CommentFactory,
    EditionFactory,
    FlagFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
    ThreadFactory,
    VerdictFactory,
)

pytestmark = pytest.mark.django_db

DESK = reverse("moderation:desk")


@pytest.fixture
def site():
    return SiteFactory(name="The Harbour Post")


@pytest.fixture
def moderator(site):
    return ModeratorFactory(site=site)


@pytest.fixture
def at_desk(client, moderator):
    return staff.sign_in(client, moderator)


@pytest.fixture
def held(site):
    """Make an open case on a held comment of the site."""

    def make(**fields):
        comment = CommentFactory(thread__site=site, status=Status.HELD, **fields)
        return CaseFactory(comment=comment)

    return make


def address(case, queue="held"):
    return f"{reverse('moderation:case', args=[case.pk])}?queue={queue}"


def opened(answer):
    return answer.context["opened"] and answer.context["opened"].case


# -- who gets in -----------------------------------------------------------------------------


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(client, held):
    page = address(held())

    answer = client.get(page)

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert "next=" in answer.url


def test_a_moderator_without_a_second_factor_does_not_get_in(client, moderator):
    client.force_login(moderator)

    assert client.get(DESK).status_code == 302


def test_a_reader_finds_no_desk(client, held):
    staff.sign_in(client, ReaderFactory())

    assert client.get(DESK).status_code == 404
    assert client.get(address(held())).status_code == 404


def test_a_case_of_another_site_is_as_if_absent(client, held):
    case = held()
    staff.sign_in(client, ModeratorFactory())

    page = client.get(DESK)

    assert page.context["page"].cases == []
    assert client.get(address(case)).status_code == 404
    assert client.post(address(case), {"ruling": "publish"}).status_code == 404
    case.comment.refresh_from_db()
    assert case.comment.status == Status.HELD


def test_decisions_need_the_token_of_our_own_pages(moderator, held):
    case = held()
    strict = staff.sign_in(Client(enforce_csrf_checks=True), moderator)

    assert strict.post(address(case), {"ruling": "publish"}).status_code == 403
    assert not Decision.objects.exists()


def test_pages_are_never_stored(at_desk):
    assert "no-store" in at_desk.get(DESK)["Cache-Control"]


# -- queues ----------------------------------------------------------------------------------


def test_queues_are_views_over_open_cases(at_desk, site, held):
    waiting = held()
    held_and_reported = FlagFactory(case=held()).case
    reported = FlagFactory(case__comment__thread__site=site).case
    decisions.decide(case_id=held().pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory())

    in_held = at_desk.get(DESK, {"queue": "held"}).context["page"]
    in_reported = at_desk.get(DESK, {"queue": "reported"}).context["page"]

    assert set(in_held.cases) == {waiting, held_and_reported}
    assert set(in_reported.cases) == {reported, held_and_reported}
    assert list(in_held.counts.values()) == [2, 2]


def test_what_most_readers_reported_comes_first_then_what_waits_longest(at_desk, site):
    oldest, busiest, newest = (FlagFactory(case__comment__thread__site=site).case for _ in range(3))
    FlagFactory.create_batch(2, case=busiest)

    page = at_desk.get(DESK, {"queue": "reported"}).context["page"]

    assert page.cases == [busiest, oldest, newest]
    assert [case.flag_count for case in page.cases] == [3, 1, 1]


def test_the_desk_opens_the_first_queue_that_is_not_empty(at_desk, site):
    reported = FlagFactory(case__comment__thread__site=site).case

    answer = at_desk.get(DESK)

    assert answer.context["page"].queue == "reported"
    assert opened(answer) == reported


def test_an_empty_desk_says_so(at_desk):
    assert "Nothing waits here." in at_desk.get(DESK).text


def test_a_long_queue_is_listed_from_its_head(at_desk, held, monkeypatch):
    monkeypatch.setattr(selectors, "SHOWN_AT_FIRST", 2)
    cases = [held() for _ in range(3)]

    page = at_desk.get(DESK)
    more = at_desk.get(DESK, {"queue": "held", "show": "4"})

    assert page.context["page"].cases == cases[:2]
    assert "1 more case" in page.text
    assert more.context["page"].cases == cases


@pytest.mark.parametrize("shown", ["0", "-1", "x", "²", "9" * 400])
def test_a_senseless_length_is_no_error(at_desk, held, shown):
    held()

    assert at_desk.get(DESK, {"show": shown}).status_code == 200


# -- one case --------------------------------------------------------------------------------


def test_a_case_shows_the_comment_in_its_thread(at_desk, site):
    edition = EditionFactory(article__site=site, title="Eelgrass returns")
    parent = CommentFactory(thread=edition.thread, body="It was *green* before.")
    reply = CommentFactory(parent=parent, status=Status.HELD, body="No, **never**.")

    page = at_desk.get(address(CaseFactory(comment=reply))).text

    assert f'href="{edition.url}"' in page
    assert "Eelgrass returns" in page
    assert "<em>green</em>" in page
    assert "<strong>never</strong>" in page


def test_a_case_says_what_phases_found(at_desk, held):
    case = held()
    VerdictFactory(comment=case.comment, phase="length", outcome="pass", reason="", final=False)
    VerdictFactory(comment=case.comment, version="7", score=4, threshold=2, evidence="megawin")

    page = " ".join(at_desk.get(address(case)).text.split())

    assert "Phase “links”, version 7" in page
    assert "score 4, threshold 2" in page
    assert "megawin" in page
    assert "Passed: length" in page


def test_a_case_says_what_readers_reported(at_desk, site):
    case = FlagFactory(case__comment__thread__site=site, detail="Look <at> this.").case
    FlagFactory(case=case)
    FlagFactory(case=case, reason=FlagReason.ABUSE)

    page = at_desk.get(address(case, "reported")).text

    assert "3 reports" in page
    assert "× 2" in page
    assert "Look &lt;at&gt; this." in page


def test_a_case_says_who_wrote_the_comment_on_this_site(at_desk, site, held):
    author = ReaderFactory(name="Tidewatcher")
    thread = ThreadFactory(site=site)
    CommentFactory.create_batch(2, author=author, thread=thread)
    CommentFactory(author=author, thread=thread, status=Status.REJECTED)
    CommentFactory(author=author)  # elsewhere

    figures = at_desk.get(address(held(author=author))).context["opened"].figures

    assert (figures.published_count, figures.rejected_count) == (2, 1)
    assert (figures.withdrawn_count, figures.flag_count) == (0, 0)


def test_a_case_says_what_was_decided_before(at_desk, site, moderator):
    comment = FlagFactory(case__comment__thread__site=site).comment
    decisions.decide(case_id=comment.cases.get().pk, ruling=Ruling.PUBLISH, actor=moderator)
    lifecycle.move(comment.pk, Status.HELD, actor=None, reason="links")
    again = CaseFactory(comment=comment)

    past = at_desk.get(address(again)).context["opened"].past

    assert [(each.was, each.now, each.actor) for each in past] == [
        (Status.PUBLISHED, Status.HELD, None),
        (Status.PUBLISHED, Status.PUBLISHED, moderator),
    ]


def test_an_edit_that_waits_is_shown_beside_the_text_in_force(at_desk, held):
    case = held(body="Mild.")
    case.comment.revisions.create(number=2, body="Wild.", created_at=case.opened_at)

    shown = at_desk.get(address(case)).context["opened"]

    assert shown.waiting_text == "Wild."
    assert [each.body for each in shown.earlier_revisions] == ["Mild."]


def test_a_case_without_an_article_is_shown(at_desk, held):
    assert at_desk.get(address(held())).status_code == 200


def test_a_page_takes_the_same_queries_however_much_there_is(at_desk, site, held):
    edition = EditionFactory(article__site=site)
    comment = CommentFactory(thread=edition.thread, status=Status.HELD)
    case = CaseFactory(comment=comment)
    FlagFactory(case=case, detail="Why.")
    VerdictFactory(comment=comment)
    at_desk.get(address(case))
    with CaptureQueriesContext(connection) as alone:
        at_desk.get(address(case))
    EditionFactory(article=edition.article, locale="ko")
    FlagFactory.create_batch(4, case=case, detail="Me too.")
    CommentFactory.create_batch(3, author=comment.author, thread=comment.thread)
    comment.revisions.create(number=2, body="Anew.", created_at=case.opened_at)
    for _ in range(5):
        FlagFactory(case=held())

    with CaptureQueriesContext(connection) as crowded:
        at_desk.get(address(case))

    assert len(crowded) == len(alone) == 19


# -- deciding --------------------------------------------------------------------------------


def test_publishing_opens_the_next_case_and_says_what_was_done(at_desk, moderator, held):
    first, second, third = held(), held(), held()

    answer = at_desk.post(address(second), {"ruling": "publish"})
    page = at_desk.get(answer.url)

    assert answer.status_code == 303
    assert opened(page) == third
    assert "Published. Next case." in page.text
    second.comment.refresh_from_db()
    assert second.comment.status == Status.PUBLISHED
    assert second.decisions.get().actor == moderator
    assert page.context["page"].cases == [first, third]


def test_after_the_lowest_case_the_first_is_next(at_desk, held):
    first, second = held(), held()

    answer = at_desk.post(address(second), {"ruling": "publish"}, follow=True)

    assert opened(answer) == first


def test_after_the_last_case_the_desk_is_empty(at_desk, held):
    answer = at_desk.post(address(held()), {"ruling": "publish"}, follow=True)

    assert "Published. That was the last one here." in answer.text
    assert opened(answer) is None


def test_rejecting_tells_the_author_why(at_desk, held):
    case = held()

    answer = at_desk.post(
        address(case),
        {"ruling": "reject", "reason": "spam", "note": "Please put it in your profile."},
        follow=True,
    )

    assert "Rejected: Spam." in answer.text
    case.comment.refresh_from_db()
    change = case.comment.changes.get()
    assert case.comment.status == Status.REJECTED
    assert (change.reason, change.note) == ("spam", "Please put it in your profile.")


def test_keeping_a_reported_comment_is_a_decision_too(at_desk, site):
    case = FlagFactory(case__comment__thread__site=site).case

    answer = at_desk.post(address(case, "reported"), {"ruling": "publish"}, follow=True)

    assert "Kept." in answer.text
    assert case.decisions.get().was == Status.PUBLISHED
    assert not case.comment.changes.exists()


def test_rejecting_needs_a_reason_and_keeps_what_was_written(at_desk, held):
    case = held()

    answer = at_desk.post(address(case), {"ruling": "reject", "note": "Not like this."})

    assert answer.status_code == 400
    assert "Choose a reason: the author will read it." in answer.text
    assert "Not like this.</textarea>" in answer.text
    case.refresh_from_db()
    assert case.closed_at is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"ruling": "burn"},
        {"ruling": "reject", "reason": "spam", "note": "n" * 501},
        {"ruling": "reject", "reason": "long"},  # a machine's reason, not a moderator's
        {"ruling": "publish", "note": "a\0b"},
    ],
)
def test_a_malformed_decision_decides_nothing(at_desk, held, sent):
    case = held()

    assert at_desk.post(address(case), sent).status_code == 400
    assert not case.decisions.exists()


def test_a_case_that_was_closed_meanwhile_says_so_and_loses_nothing(at_desk, site, held):
    case, following = held(), held()
    faster = ModeratorFactory(site=site, name="Second Desk")
    decisions.decide(case_id=case.pk, ruling=Ruling.REJECT, actor=faster, reason="abuse")

    answer = at_desk.post(
        address(case), {"ruling": "reject", "reason": "spam", "note": "Long thoughts."}
    )

    assert answer.status_code == 409
    assert "Somebody decided this case meanwhile" in answer.text
    assert "Long thoughts." in answer.text
    assert "Second Desk" in answer.text
    assert answer.context["page"].cases == [following]
    assert case.decisions.count() == 1


def test_a_case_whose_comment_was_withdrawn_says_so(at_desk, held):
    case = held()
    lifecycle.withdraw(case.comment_id, author=case.comment.author)

    answer = at_desk.post(address(case), {"ruling": "publish"})

    assert answer.status_code == 409
    assert not case.decisions.exists()


def test_a_text_that_was_changed_meanwhile_is_not_decided_unread(at_desk, held):
    case = held()
    seen = at_desk.get(address(case)).context["opened"].newest
    lifecycle.edit(case.comment_id, author=case.comment.author, body="Something else entirely.")

    blind = at_desk.post(address(case), {"ruling": "publish", "seen": str(seen.pk)})

    assert blind.status_code == 409
    assert "Its author changed the text meanwhile." in blind.text
    assert "Something else entirely." in blind.text
    assert not case.decisions.exists()

    read = blind.context["opened"].newest.pk
    assert f'name="seen" value="{read}"' in blind.text
    assert at_desk.post(address(case), {"ruling": "publish", "seen": str(read)}).status_code == 303


def test_a_closed_case_keeps_its_address(at_desk, moderator, held):
    case = held()
    decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=moderator)

    page = at_desk.get(address(case)).text

    assert "This case is closed." in page
    assert 'name="ruling"' not in page
