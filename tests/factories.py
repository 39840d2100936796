"""Rows for tests, straight into the database, each sound by itself.

Services are what tests are about; these only set the scene. A comment comes with its first
revision and is counted, as if it had always been there; verdicts, flags and cases are added by
whoever needs them.
"""

from datetime import datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import User
from accounts.services import staff
from articles.models import Article, Edition
from articles.urlkeys import url_key
from comments import rendering
from comments.models import Comment, Revision, Tally, Thread, Verdict
from comments.services import counting
from comments.states import Outcome, Status
from common import clock
from moderation.models import Case, Flag
from moderation.states import FlagReason
from publishers.models import Site
from publishers.services import staffing
from publishers.states import Role


class SiteFactory(DjangoModelFactory):
    """`SiteFactory(origins=["https://news.example"])` registers origins as well."""

    class Meta:
        model = Site
        skip_postgeneration_save = True

    name = factory.Sequence("Site {}".format)

    @factory.post_generation
    def origins(self, create: bool, extracted: list[str] | None) -> None:
        for origin in extracted or ():
            self.origins.create(origin=origin)


class UserFactory(DjangoModelFactory):
    """An account; without a password unless one is given."""

    class Meta:
        model = User

    email = factory.Sequence("reader{}@mail.example".format)
    name = factory.Sequence("Reader {}".format)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return User.objects.create_user(**fields)


class ReaderFactory(UserFactory):
    """An account whose e-mail address is verified, so that it can sign in."""

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        user = super()._create(model_class, *args, **fields)
        staff.vouch_for_address(user)
        return user


class ModeratorFactory(ReaderFactory):
    """Somebody on the staff of `site` (a new one unless given), a moderator or of `role`."""

    email = factory.Sequence("moderator{}@mail.example".format)
    name = factory.Sequence("Moderator {}".format)
    site = factory.SubFactory(SiteFactory)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        site, role = fields.pop("site"), fields.pop("role", Role.MODERATOR)
        user = super()._create(model_class, *args, **fields)
        staffing.appoint(site=site, user=user, role=role)
        return user


class ThreadFactory(DjangoModelFactory):
    class Meta:
        model = Thread

    site = factory.SubFactory(SiteFactory)


class ArticleFactory(DjangoModelFactory):
    class Meta:
        model = Article

    site = factory.SubFactory(SiteFactory)
    external_id = factory.Sequence("story-{}".format)


class EditionFactory(DjangoModelFactory):
    """Shares its thread with the article's other editions, unless the article splits them."""

    class Meta:
        model = Edition

    article = factory.SubFactory(ArticleFactory)
    locale = "en"
    position = factory.LazyAttribute(lambda edition: edition.article.editions.count())
    url = factory.LazyAttribute(
        lambda edition: f"https://news.example/{edition.locale}/{edition.article.external_id}"
    )
    url_key = factory.LazyAttribute(lambda edition: url_key(edition.url))
    title = factory.LazyAttribute(
        lambda edition: f"{edition.article.external_id} ({edition.locale})"
    )

    @factory.lazy_attribute
    def thread(self) -> Thread:
        sibling = self.article.editions.select_related("thread").first()
        if sibling is None or self.article.split_threads:
            return ThreadFactory(site=self.article.site)
        return sibling.thread


class CommentFactory(DjangoModelFactory):
    """A comment in any state, with its first revision.

    `parent` puts it below another in the same thread. For a tombstone give `published_at` with
    the status, and a published reply.
    """

    class Meta:
        model = Comment

    parent = None
    thread = factory.Maybe(
        "parent",
        yes_declaration=factory.SelfAttribute("parent.thread"),
        no_declaration=factory.SubFactory(ThreadFactory),
    )
    root_id = factory.LazyAttribute(
        lambda comment: comment.parent and (comment.parent.root_id or comment.parent.pk)
    )
    depth = factory.LazyAttribute(lambda comment: comment.parent.depth + 1 if comment.parent else 0)
    author = factory.SubFactory(UserFactory)
    body = factory.Sequence("What I think of it, for the {}th time.".format)
    body_html = factory.LazyAttribute(lambda comment: rendering.to_html(comment.body))
    renderer_version = rendering.RENDERER_VERSION
    language = "en"
    edition = "en"
    status = Status.PUBLISHED

    @factory.lazy_attribute
    def created_at(self) -> datetime:
        now = clock.now()
        if self.parent is None:
            return now
        return max(now, self.parent.created_at + timedelta(microseconds=1))

    published_at = factory.LazyAttribute(
        lambda comment: comment.created_at if comment.status == Status.PUBLISHED else None
    )
    touched_at = factory.SelfAttribute("created_at")

    @classmethod
    def _create(cls, model_class: type[Comment], *args: Any, **fields: Any) -> Comment:
        comment = super()._create(model_class, *args, **fields)
        Revision.objects.create(
            comment=comment,
            number=1,
            body=comment.body,
            created_at=comment.created_at,
            in_force_at=comment.created_at,
        )
        Tally.objects.bulk_create(counting.tallies(comment, was=None, now=comment.status))
        counting.fold()
        return comment


class VerdictFactory(DjangoModelFactory):
    """What a phase made of a comment's first text: `VerdictFactory(comment=…)`."""

    class Meta:
        model = Verdict

    class Params:
        comment = factory.SubFactory(CommentFactory, status=Status.HELD)

    revision = factory.LazyAttribute(lambda verdict: verdict.comment.revisions.get(number=1))
    phase = "links"
    version = "1"
    outcome = Outcome.HOLD
    reason = "links"
    score = 3
    threshold = 2
    final = True


class CaseFactory(DjangoModelFactory):
    """An open case on a held comment, or on the one given."""

    class Meta:
        model = Case

    comment = factory.SubFactory(CommentFactory, status=Status.HELD)
    site = factory.SelfAttribute("comment.thread.site")


class FlagFactory(DjangoModelFactory):
    """A reader's report, on a case of its own or on the one given."""

    class Meta:
        model = Flag

    case = factory.SubFactory(CaseFactory, comment__status=Status.PUBLISHED)
    comment = factory.SelfAttribute("case.comment")
    reader = factory.SubFactory(UserFactory)
    reason = FlagReason.SPAM
