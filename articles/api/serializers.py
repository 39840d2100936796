"""Shapes of the articles' API: what publishers send, and what everybody reads."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from articles.models import Article, Edition
from articles.states import CommentsSwitch
from articles.urlkeys import NotAPage, url_key
from comments.api.serializers import CommentPageShape, ThreadShape
from common.serializers import Locale, StrictCharField, StrictSerializer

EXTERNAL_ID = re.compile(r"[A-Za-z0-9._~-]{1,200}")
Listed = serializers.ListSerializer[Any]
AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")


class ExternalId(StrictCharField):
    """A publisher's own id of an article."""

    default_error_messages = {"bad_id": _("1 to 200 of A–Z a–z 0–9 . _ ~ -")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not EXTERNAL_ID.fullmatch(text):
            self.fail("bad_id")
        return text


class PageUrl(StrictCharField):
    """An http(s) address, free of what browsers skip or read otherwise than we do."""

    default_error_messages = {"bad_url": _("This is not an http(s) address.")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if AMBIGUOUS.search(text):
            self.fail("bad_url")
        try:
            url_key(text)
        except NotAPage:
            self.fail("bad_url")
        return text


class SectionInput(StrictSerializer):
    heading = StrictCharField(max_length=300, allow_blank=True, default="")
    body = StrictCharField(max_length=50_000)


class SourceInput(StrictSerializer):
    title = StrictCharField(max_length=500)
    url = PageUrl(required=False)


class RelatedInput(StrictSerializer):
    """`{external_id}` of an article of the site, or `{url, title, text?}`."""

    external_id = ExternalId(required=False)
    url = PageUrl(required=False)
    title = StrictCharField(max_length=500, required=False)
    text = StrictCharField(max_length=2_000, required=False, allow_blank=True)

    default_error_messages = {"leads_nowhere": _("Give external_id, or url and title.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_id, by_address = "external_id" in attrs, "url" in attrs
        if by_id == by_address or (by_address and "title" not in attrs):
            self.fail("leads_nowhere")
        return attrs


class ImageInput(StrictSerializer):
    """A picture by its address: it is never fetched by us, nor kept."""

    url = PageUrl(max_length=2_000)
    alt = StrictCharField(max_length=500, allow_blank=True, default="")
    credit = StrictCharField(max_length=200, allow_blank=True, default="")


class AlternatesInput(StrictSerializer):
    """Where other forms of an edition's page are."""

    amp = PageUrl(max_length=2_000, required=False)
    mobile = PageUrl(max_length=2_000, required=False)
    print = PageUrl(max_length=2_000, required=False)


class EditionInput(StrictSerializer):
    """One language version. `related` left out: the links stay as they are. `former_urls`: where
    its page stood before; those that are known already need not be sent.
    """

    locale = Locale()
    url = PageUrl(max_length=2_000)
    title = StrictCharField(max_length=500)
    standfirst = StrictCharField(max_length=2_000, allow_blank=True, default="")
    sections: Listed = serializers.ListSerializer(
        child=SectionInput(), max_length=200, default=list
    )
    insight = SectionInput(allow_null=True, default=None)
    images: Listed = serializers.ListSerializer(child=ImageInput(), max_length=20, default=list)
    canonical_url = PageUrl(max_length=2_000, allow_blank=True, default="")
    alternates = AlternatesInput(default=dict)
    former_urls = serializers.ListField(
        child=PageUrl(max_length=2_000), max_length=20, default=list
    )
    related: Listed = serializers.ListSerializer(
        child=RelatedInput(), max_length=50, required=False
    )


class ArticleInput(StrictSerializer):
    """A story as a publisher's server sends it. `comments` left out: as its section says."""

    external_id = ExternalId(required=False)
    section = StrictCharField(max_length=100, allow_blank=True, default="")
    authors = serializers.ListField(
        child=StrictCharField(max_length=200), max_length=50, default=list
    )
    topics = serializers.ListField(
        child=StrictCharField(max_length=100), max_length=50, default=list
    )
    published_at = serializers.DateTimeField(allow_null=True, default=None)
    modified_at = serializers.DateTimeField(allow_null=True, default=None)
    ai_generated = serializers.BooleanField(default=False)
    disclosure = StrictCharField(max_length=2_000, allow_blank=True, default="")
    sources: Listed = serializers.ListSerializer(child=SourceInput(), max_length=100, default=list)
    comments = serializers.ChoiceField(choices=CommentsSwitch.choices, required=False)
    split_threads = serializers.BooleanField(default=False)
    editions: Listed = serializers.ListSerializer(
        child=EditionInput(), max_length=50, allow_empty=False
    )

    default_error_messages = {
        "other_id": _("external_id differs from the one in the address."),
        "locale_twice": _("There are two editions with this locale."),
        "url_twice": _("There are two editions with this address."),
    }

    def validate_external_id(self, value: str) -> str:
        if value != self.context["external_id"]:
            self.fail("other_id")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"comments": "", **attrs}

    def validate_editions(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({each["locale"] for each in value}) < len(value):
            self.fail("locale_twice")
        if len({url_key(each["url"]) for each in value}) < len(value):
            self.fail("url_twice")
        return value


class StoryLine(ArticleInput):
    """A story among many: each says which it is."""

    external_id = ExternalId()

    def validate_external_id(self, value: str) -> str:
        return value


class OpeningInput(StrictSerializer):
    """The page whose conversation a reader opens."""

    url = PageUrl(max_length=2_000)


class RelatedListInput(StrictSerializer):
    """The related links of one edition, in order."""

    edition = Locale()
    related: Listed = serializers.ListSerializer(child=RelatedInput(), max_length=50)


class EditionBrief(serializers.Serializer[Any]):
    """Which page of which article."""

    article = serializers.UUIDField()
    locale = serializers.CharField()
    url = serializers.URLField()
    title = serializers.CharField()


class EditionShape(EditionBrief):
    standfirst = serializers.CharField()
    sections = SectionInput(many=True)
    insight = SectionInput(allow_null=True)
    images = ImageInput(many=True)
    canonical_url = serializers.URLField()
    alternates = AlternatesInput()
    thread = serializers.UUIDField()


class ArticleShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    site = serializers.UUIDField()
    external_id = serializers.CharField()
    section = serializers.CharField()
    authors = serializers.ListField(child=serializers.CharField())
    topics = serializers.ListField(child=serializers.CharField())
    published_at = serializers.DateTimeField(allow_null=True)
    modified_at = serializers.DateTimeField(allow_null=True)
    ai_generated = serializers.BooleanField()
    disclosure = serializers.CharField()
    sources = SourceInput(many=True)
    comments = serializers.ChoiceField(choices=CommentsSwitch.choices)
    split_threads = serializers.BooleanField()
    editions = EditionShape(many=True)


class FormerTextShape(serializers.Serializer[Any]):
    """What an edition said until then."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    until = serializers.DateTimeField()


class OwnEditionShape(EditionShape):
    addresses = serializers.ListField(
        child=serializers.URLField(), help_text="All others that lead to it."
    )
    former_texts = FormerTextShape(many=True)


class OwnArticleShape(ArticleShape):
    """An article as its publisher sees it: also while it is unpublished."""

    unpublished_at = serializers.DateTimeField(allow_null=True)
    editions = OwnEditionShape(many=True)


class FaultShape(serializers.Serializer[Any]):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class LineFault(serializers.Serializer[Any]):
    """A line that was refused, as if it had been sent alone."""

    line = serializers.IntegerField(help_text="Counted from 1.")
    external_id = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FaultShape(many=True)


class ManyArticlesShape(serializers.Serializer[Any]):
    """What became of the lines."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = LineFault(many=True)


class LookupShape(serializers.Serializer[Any]):
    thread = ThreadShape()
    edition = EditionBrief()
    comments = CommentPageShape(required=False)


class CountShape(serializers.Serializer[Any]):
    thread = serializers.UUIDField()
    url = serializers.URLField(allow_null=True)
    comment_count = serializers.IntegerField()


class CountListShape(serializers.Serializer[Any]):
    results = CountShape(many=True)


def edition_brief_json(edition: Edition) -> dict[str, Any]:
    return {
        "article": edition.article_id,
        "locale": edition.locale,
        "url": edition.url,
        "title": edition.title,
    }


def article_json(article: Article) -> dict[str, Any]:
    """An article with its editions, as everybody may read it."""
    return {
        "id": article.pk,
        "site": article.site_id,
        "external_id": article.external_id,
        "section": article.section.name if article.section else "",
        "authors": article.authors,
        "topics": article.topics,
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "ai_generated": article.ai_generated,
        "disclosure": article.disclosure,
        "sources": article.sources,
        "comments": article.switch,
        "split_threads": article.split_threads,
        "editions": [edition_json(edition) for edition in article.editions.all()],
    }


def edition_json(edition: Edition) -> dict[str, Any]:
    """An edition with its texts and the forms of its page."""
    return {
        **edition_brief_json(edition),
        "standfirst": edition.standfirst,
        "sections": edition.sections,
        "insight": edition.insight,
        "images": edition.images,
        "canonical_url": edition.canonical_url or edition.url,
        "alternates": edition.alternates,
        "thread": edition.thread_id,
    }


def own_article_json(article: Article) -> dict[str, Any]:
    """An article as its publisher may read it."""
    editions = [
        {
            **edition_json(edition),
            "addresses": [each.url for each in edition.addresses.all()],
            "former_texts": [
                {"number": each.number, "title": each.title, "until": each.until}
                for each in edition.former_texts.all()
            ],
        }
        for edition in article.editions.all()
    ]
    return {
        **article_json(article),
        "unpublished_at": article.unpublished_at,
        "editions": editions,
    }
