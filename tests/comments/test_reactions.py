"""A reader has one reaction of each kind; the site says which kinds there are."""

import pytest
from django.http import Http404

from accounts.services import tokens
from comments.models import Comment, Reaction
from comments.selectors import forget_threads
from comments.services import counting, lifecycle, reactions, votes
from comments.states import Status
from publishers.models import Site
from tests.factories import CommentFactory, ReaderFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment():
    forget_threads()
    return CommentFactory()


def react(comment, kind, *, reader=None, **place):
    reactions.react(
        thread_id=comment.thread_id,
        comment_id=comment.pk,
        reader=reader or UserFactory(),
        kind=kind,
        **place,
    )


def take_back(comment, kind, *, reader):
    reactions.take_back(
        thread_id=comment.thread_id, comment_id=comment.pk, reader=reader, kind=kind
    )


def counted(comment):
    while counting.fold():
        pass
    return Comment.objects.get(pk=comment.pk).reactions


def test_reactions_are_counted_by_kind(comment):
    for kind in ("funny", "funny", "sad"):
        react(comment, kind)

    assert counted(comment) == {"funny": 2, "sad": 1}


def test_what_comes_later_is_added_to_what_was_counted(comment):
    react(comment, "funny")
    counted(comment)
    react(comment, "funny")
    react(comment, "sad")

    assert counted(comment) == {"funny": 2, "sad": 1}


def test_a_vote_leaves_the_reactions_as_they_are(comment):
    react(comment, "funny")
    counted(comment)
    votes.cast(thread_id=comment.thread_id, comment_id=comment.pk, reader=UserFactory(), value=1)

    assert counted(comment) == {"funny": 1}


def test_a_reader_may_react_in_more_than_one_way_but_once_in_each(comment):
    reader = UserFactory()
    for kind in ("funny", "funny", "sad"):
        react(comment, kind, reader=reader)

    assert counted(comment) == {"funny": 1, "sad": 1}


def test_a_reaction_taken_back_twice_is_gone_once(comment):
    reader = UserFactory()
    react(comment, "funny")
    react(comment, "funny", reader=reader)
    counted(comment)

    take_back(comment, "funny", reader=reader)
    take_back(comment, "funny", reader=reader)

    assert counted(comment) == {"funny": 1}


def test_a_kind_that_nobody_chose_any_more_is_not_listed(comment):
    reader = UserFactory()
    react(comment, "funny", reader=reader)
    counted(comment)
    take_back(comment, "funny", reader=reader)

    assert counted(comment) == {}


def test_reactions_written_by_plain_sql_are_counted_too(comment):
    Reaction.objects.bulk_create(
        Reaction(comment=comment, reader=UserFactory(), kind=kind) for kind in ("sad", "sad", "odd")
    )
    Reaction.objects.filter(kind="odd").update(kind="funny")

    assert counted(comment) == {"sad": 2, "funny": 1}


def test_a_kind_that_the_site_does_not_offer_is_refused(comment):
    with pytest.raises(reactions.UnknownReaction):
        react(comment, "angry")


def test_what_the_site_offers_no_longer_can_still_be_taken_back(comment):
    reader = UserFactory()
    react(comment, "funny", reader=reader)
    Site.objects.update(reactions=[])
    forget_threads()

    with pytest.raises(reactions.UnknownReaction):
        react(comment, "funny")
    take_back(comment, "funny", reader=reader)

    assert not Reaction.objects.exists()


def test_nobody_reacts_to_their_own_comment(comment):
    with pytest.raises(votes.OwnComment):
        react(comment, "funny", reader=comment.author)


def test_what_is_not_published_takes_no_reaction(comment):
    held = CommentFactory(thread=comment.thread, status=Status.HELD)

    with pytest.raises(Http404):
        react(held, "funny")


def test_a_reaction_on_another_site_than_the_readers_is_refused_and_not_stored(comment):
    with pytest.raises(Http404):
        react(comment, "funny", site_id=SiteFactory().pk)

    assert not Reaction.objects.exists()


# -- as clients see it -------------------------------------------------------------------------


@pytest.fixture
def reader(comment):
    return ReaderFactory()


@pytest.fixture
def send(client, comment, reader):
    """Sends a request of the reader's below the comment's address."""
    _, token = tokens.issue_reader(user=reader, site=comment.thread.site)

    def send(method, path):
        address = f"/api/v1/threads/{comment.thread_id}/comments/{comment.pk}/{path}"
        return getattr(client, method)(address, headers={"authorization": f"Bearer {token}"})

    return send


def shown(client, comment):
    while counting.fold():
        pass
    page = client.get(f"/api/v1/threads/{comment.thread_id}/comments").json()
    return page["results"][0]["reactions"]


def test_a_reaction_is_shown_and_taken_back(client, comment, send):
    for _ in range(2):
        assert send("put", "reactions/respect").status_code == 204
    assert shown(client, comment) == {"respect": 1}

    for _ in range(2):
        assert send("delete", "reactions/respect").status_code == 204
    assert shown(client, comment) == {}


def test_an_unknown_kind_is_named_as_such(send):
    answer = send("put", "reactions/respectful")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_reaction")


def test_the_overlay_brings_the_readers_own_reactions(client, comment, reader):
    react(comment, "sad", reader=reader)
    react(comment, "funny", reader=reader)
    votes.cast(thread_id=comment.thread_id, comment_id=comment.pk, reader=reader, value=1)
    react(comment, "sad")
    _, token = tokens.issue_reader(user=reader, site=comment.thread.site)

    overlay = client.get(
        f"/api/v1/me/threads/{comment.thread_id}?comments={comment.pk}",
        headers={"authorization": f"Bearer {token}"},
    ).json()

    assert {kind: sorted(of) for kind, of in overlay["reactions"].items()} == {
        str(comment.pk): ["funny", "sad"]
    }
    assert overlay["votes"] == {str(comment.pk): 1}


def test_a_tombstone_shows_no_reactions(client, comment):
    CommentFactory(thread=comment.thread, parent=comment, root=comment, depth=1)
    react(comment, "sad")
    lifecycle.withdraw(comment.pk, author=comment.author)

    assert shown(client, comment) is None


def test_the_thread_says_what_its_site_offers_in_its_order(client, comment):
    Site.objects.update(
        reactions=[
            {"kind": "tea", "emoji": "🍵", "label": "With tea"},
            {"kind": "sad", "emoji": "😢", "label": ""},
        ]
    )

    head = client.get(f"/api/v1/threads/{comment.thread_id}").json()

    assert head["reactions"] == [
        {"kind": "tea", "emoji": "🍵", "label": "With tea"},
        {"kind": "sad", "emoji": "😢", "label": "Sad"},
    ]
