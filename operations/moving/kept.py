"""What the export of a site holds: which tables, which of their columns, in which order.

Counts are left out, and HTML: both are made anew where the site goes. So are numbers that only our
sequences give, and the site itself, which may be another there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, Model, QuerySet
from django.db.models.fields import NOT_PROVIDED

from accounts.models import NameLock, SiteProfile, SsoIdentity, User
from articles.models import (
    Article,
    Edition,
    FormerText,
    PageAddress,
    RelatedLink,
    Section,
)
from comments.models import (
    CarriedVotes,
    Comment,
    Provenance,
    Reaction,
    Revision,
    StatusChange,
    Thread,
    Verdict,
    Vote,
)
from moderation.models import Case, Decision, Flag, ListedWord
from publishers.models import Site


@dataclass(frozen=True)
class Kept:
    """A table of an export. `site` leads from its rows to their site; `order` is the same wherever
    the rows are, with what a row refers to in its own table before it.
    """

    kind: str
    model: type[Model]
    site: str
    order: tuple[str, ...]
    without: frozenset[str] = frozenset()

    @property
    def fields(self) -> list["Field[Any, Any]"]:
        """The columns that are written."""
        return [
            field
            for field in self.model._meta.local_concrete_fields
            if field.name not in self.without and field.name != self.site
        ]

    @property
    def key(self) -> list[Any]:
        """The columns that a row is known by: its primary key where the file has it, else what it
        is sorted by within its site.
        """
        meta = self.model._meta
        names = {meta.pk.name} if meta.pk in self.fields else {*self.order, self.site}
        return [field.column for field in meta.local_concrete_fields if field.name in names]

    @property
    def filled_in(self) -> list["Field[Any, Any]"]:
        """The columns that a row needs and the file has not: they get what a new row has."""
        return [
            field
            for field in self.model._meta.local_concrete_fields
            if field.name in self.without
            and field.db_default is NOT_PROVIDED
            and not _is_numbered(field)
        ]

    def rows(self, site: Site) -> QuerySet[Any]:
        """The rows of a site, in order."""
        return self.model._default_manager.filter(**{self.site: site}).order_by(*self.order)

    def readers(self) -> Iterator[str]:
        """The columns that name people."""
        for field in self.fields:
            if field.related_model is User:
                yield field.attname


def _is_numbered(field: "Field[Any, Any]") -> bool:
    return field.primary_key and field.get_internal_type().endswith("AutoField")


def _without(*names: str) -> frozenset[str]:
    return frozenset(names)


BY_ID = ("id",)
KEPT = (
    Kept("section", Section, "site", BY_ID),
    Kept("article", Article, "site", BY_ID),
    Kept("thread", Thread, "site", BY_ID, _without("comment_count")),
    Kept("edition", Edition, "article__site", BY_ID, _without("title_terms")),
    Kept("address", PageAddress, "edition__article__site", ("url_key",), _without("id")),
    Kept(
        "former_text",
        FormerText,
        "edition__article__site",
        ("edition", "number"),
        _without("id"),
    ),
    Kept(
        "related_link",
        RelatedLink,
        "edition__article__site",
        ("edition", "position"),
        _without("id"),
    ),
    Kept(
        "comment",
        Comment,
        "thread__site",
        ("created_at", "id"),
        _without(
            "body_html",
            "renderer_version",
            "up_count",
            "down_count",
            "reply_count",
            "flag_count",
            "reactions",
        ),
    ),
    Kept("provenance", Provenance, "site", ("comment",)),
    Kept("revision", Revision, "comment__thread__site", BY_ID),
    Kept("verdict", Verdict, "revision__comment__thread__site", BY_ID),
    Kept("status_change", StatusChange, "comment__thread__site", BY_ID, _without("transaction")),
    Kept("vote", Vote, "comment__thread__site", ("comment", "reader"), _without("id")),
    Kept(
        "reaction",
        Reaction,
        "comment__thread__site",
        ("comment", "reader", "kind"),
        _without("id"),
    ),
    Kept("carried_votes", CarriedVotes, "comment__thread__site", ("comment",)),
    Kept("case", Case, "site", BY_ID),
    Kept("flag", Flag, "comment__thread__site", BY_ID),
    Kept("decision", Decision, "comment__thread__site", BY_ID),
    Kept("listed_word", ListedWord, "site", ("word",), _without("id")),
    Kept("profile", SiteProfile, "site", ("user",), _without("id")),
    Kept("name_lock", NameLock, "site", BY_ID),
    Kept("sso_identity", SsoIdentity, "site", BY_ID),
)
#: What of a site stays where it is, and why.
LEFT_OUT = {
    "publishers.Site": "its settings stand in the first line",
    "publishers.Origin": "in the first line",
    "publishers.ApiKey": "a secret",
    "publishers.SsoKey": "a secret",
    "publishers.SsoKeyChange": "about secrets that stay",
    "publishers.StaffMembership": "whoever takes the site over appoints their own",
    "publishers.StaffInvitation": "whoever takes the site over appoints their own",
    "publishers.AccessChange": "about staff and keys that stay",
    "accounts.Token": "a sign-in here",
    "accounts.SigninCode": "a sign-in here",
    "accounts.Placeholder": "with each person",
    "articles.EditionTerms": "found anew",
    "articles.LastRelated": "found anew",
    "articles.Suggestion": "found anew",
    "articles.LinkClicks": "of the moment: it cools",
    "articles.Talk": "found anew",
    "comments.ThreadLanguage": "counted anew",
    "comments.ThreadSlot": "counted anew",
    "comments.AuthorFigures": "counted anew",
    "comments.Tally": "counted anew",
    "comments.RecentPost": "of a moment",
    "moderation.SeenText": "of a moment",
    "notifications.Notice": "of an inbox, which stays with its account",
    "notifications.MailDelivery": "of an inbox, which stays with its account",
}
SETTINGS = (
    "name",
    "default_locale",
    "screening",
    "edit_window_seconds",
    "hold_over_characters",
    "hold_over_links",
    "reactions",
)
FORMAT, VERSION = "colloquy", 1
#: Whom an export names: their comments, votes and decisions hang on them.
PEOPLE = ("id", "name", "name_made_up", "locale", "joined_at")
