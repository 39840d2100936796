"""What a comment shows of its author, and whom a reader need not read."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import mutes, site_profiles, tokens
from tests.factories import CommentFactory, ModeratorFactory, ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def page(comment):
    rows = Client().get(f"/api/v1/threads/{comment.thread_id}/comments").json()["results"]
    return {row["id"]: row for row in rows}


def signed_in(reader, site):
    _, text = tokens.issue_reader(user=reader, site=site)
    return Client(headers={"Authorization": f"Bearer {text}"})


def test_a_comment_shows_its_authors_badges_on_its_site():
    comment = CommentFactory()
    site_profiles.describe(comment.author, comment.thread.site, badges=["Subscriber"])
    site_profiles.describe(comment.author, SiteFactory(), badges=["Elsewhere"])

    assert page(comment)[str(comment.pk)]["author"] == {
        "id": str(comment.author_id),
        "name": comment.author.name,
        "avatar_url": None,
        "badges": ["Subscriber"],
        "page_url": None,
    }


def test_staff_of_the_site_are_marked_and_of_others_not():
    comment = CommentFactory()
    here = ModeratorFactory(site=comment.thread.site)
    elsewhere = ModeratorFactory(site=SiteFactory())
    ours = CommentFactory(thread=comment.thread, author=here)
    theirs = CommentFactory(thread=comment.thread, author=elsewhere)

    rows = page(comment)

    assert rows[str(ours.pk)]["author"]["badges"] == ["staff"]
    assert rows[str(theirs.pk)]["author"]["badges"] == []


def test_a_public_page_is_linked_from_the_name():
    comment = CommentFactory()
    User.objects.filter(pk=comment.author_id).update(public_page=True)

    url = page(comment)[str(comment.pk)]["author"]["page_url"]

    assert url.endswith(f"/readers/{comment.author_id}")


def test_who_just_posted_sees_their_badges_too():
    comment = CommentFactory()
    site, reader = comment.thread.site, ReaderFactory()
    site_profiles.describe(reader, site, badges=["Subscriber"])

    answer = signed_in(reader, site).post(
        f"/api/v1/threads/{comment.thread_id}/comments",
        {"body": "Good to read."},
        content_type="application/json",
    )

    assert answer.json()["author"]["badges"] == ["Subscriber"]


def test_the_overlay_names_whom_the_reader_muted():
    comment, reader = CommentFactory(), ReaderFactory()
    mutes.mute(reader, comment.author)

    client = signed_in(reader, comment.thread.site)
    overlay = client.get(f"/api/v1/me/threads/{comment.thread_id}").json()

    assert overlay["muted"] == [str(comment.author_id)]
