"""Who proves an address takes over what was written with it elsewhere."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.mailboxes import digest_of
from accounts.models import Placeholder
from accounts.services import placeholders
from accounts.services.placeholders import Person
from comments.models import Comment
from comments.services import counting
from comments.states import Status
from moderation.services import flags
from operations import reconciling
from outbox.services import relay
from tests.factories import CommentFactory, ReaderFactory, SiteFactory, ThreadFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/accounts/earlier/"


@pytest.fixture
def reader():
    return ReaderFactory(name="Ada Lovely", email="ada@mail.example")


@pytest.fixture
def client(reader):
    client = Client()
    client.force_login(reader)
    return client


@pytest.fixture
def placeholder():
    """Ada as she was elsewhere."""
    site = SiteFactory(name="News")
    people = {"ada": Person("ada77", digest_of("Ada@mail.example"))}
    ids = placeholders.provide(site=site, source="disqus", people=people)
    return Placeholder.objects.get(pk=ids["ada"])


def deliver():
    while relay.drain("outbox.deliver"):
        pass
    while counting.fold():
        pass


def test_comments_change_hands_and_every_count_follows(client, reader, placeholder):
    thread = ThreadFactory(site=placeholder.site)
    old = CommentFactory(thread=thread, author=placeholder.user)
    CommentFactory(thread=thread, author=placeholder.user, parent=old)
    CommentFactory(thread=thread, author=placeholder.user, status=Status.REJECTED)
    CommentFactory(thread=thread, author=reader)
    flags.raise_flag(comment=old, actor=UserFactory(), reason="spam")
    counting.fold()
    flags.raise_flag(comment=old, actor=UserFactory(), reason="spam")  # not folded yet

    client.post(PAGE, {"claim": str(placeholder.pk)})
    deliver()

    assert set(Comment.objects.values_list("author", flat=True)) == {reader.pk}
    assert reconciling.differences() == []
    figures = reader.figures.get()
    assert (figures.published_count, figures.rejected_count, figures.flag_count) == (3, 1, 2)


def test_the_page_names_what_waits_and_then_nothing_more(client, placeholder):
    assert "earlier" in client.get("/accounts/").content.decode()
    assert "ada77" in client.get(PAGE).content.decode()

    answer = client.post(PAGE, {"claim": str(placeholder.pk)}, follow=True)

    assert "ada77" not in answer.content.decode()
    assert PAGE not in client.get("/accounts/").content.decode()


def test_an_address_that_was_not_proven_claims_nothing(client, reader, placeholder):
    EmailAddress.objects.filter(user=reader).update(verified=False)

    answer = client.post(PAGE, {"claim": str(placeholder.pk)})

    assert answer.status_code == 404
    assert Placeholder.objects.get().claimed_at is None


@pytest.mark.parametrize("sent", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_nothing_else_can_be_claimed(client, sent):
    assert client.post(PAGE, {"claim": sent}).status_code == 404


def test_what_is_claimed_is_not_claimed_twice(client, reader, placeholder):
    client.post(PAGE, {"claim": str(placeholder.pk)})
    other = ReaderFactory(email="other@mail.example")
    EmailAddress.objects.filter(user=reader).delete()
    EmailAddress.objects.create(user=other, email="ada@mail.example", verified=True)

    with pytest.raises(placeholders.NothingToClaim):
        placeholders.claim(placeholder.pk, by=other)


def test_people_without_an_address_are_never_offered(reader):
    placeholders.provide(site=SiteFactory(), source="disqus", people={"x": Person("X", "")})

    assert not placeholders.claimable_by(reader).exists()


def test_who_comes_again_is_the_same_account(django_assert_num_queries):
    site = SiteFactory()
    people = {"a": Person("A"), "b": Person("B")}
    first = placeholders.provide(site=site, source="disqus", people=people)

    with django_assert_num_queries(4):  # two of them begin and end the transaction
        assert placeholders.provide(site=site, source="disqus", people=people) == first
