"""What publishers send: the story, its editions, and what editors relate to each edition."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.querysets import ArticleQuerySet, EditionQuerySet
from articles.states import CommentsSwitch
from articles.titles import TitleTerms
from common.ids import new_id

NO_LIST = models.Value([], models.JSONField())
NO_NAMES = models.Value({}, models.JSONField())


class Section(models.Model):
    """A part of a site, like "politics", under the name that its publisher sends. There from the
    first article that names it.

    `comments` holds for its articles that say nothing themselves; services.sections, which alone
    changes it, hands it down to their threads.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="sections")
    name = models.CharField(max_length=100)
    comments = models.CharField(max_length=6, choices=CommentsSwitch, default=CommentsSwitch.OPEN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "name"], name="section_once_per_site"),
            models.CheckConstraint(
                condition=Q(comments__in=CommentsSwitch.values), name="section_comments_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """A story of a site, under the publisher's own id. Its editions hold the texts and threads.

    What `switch` says is handed down to the threads by services.publishing, which alone writes
    here. An article that a reader opened the thread of (`by_reader`) has an id of our own until the
    publisher sends it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="articles")
    external_id = models.CharField(max_length=200)
    section = models.ForeignKey(Section, models.SET_NULL, null=True, related_name="articles")
    authors = models.JSONField(default=list, blank=True)
    topics = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    ai_generated = models.BooleanField(default=False)
    disclosure = models.TextField(blank=True)
    sources = models.JSONField(default=list, blank=True)
    comments = models.CharField(
        max_length=6,
        choices=CommentsSwitch,
        blank=True,
        default="",
        help_text=_("Empty: as its section says."),
    )
    split_threads = models.BooleanField(
        default=False, help_text=_("Each edition has a thread of its own.")
    )
    unpublished_at = models.DateTimeField(null=True, editable=False)
    by_reader = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "external_id"], name="article_once_per_site"),
            models.CheckConstraint(
                condition=Q(comments__in=["", *CommentsSwitch.values]),
                name="article_comments_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["site", "-id"], name="article_of_site"),
            models.Index(
                fields=["site", "external_id"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                name="article_by_beginning",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def is_published(self) -> bool:
        return self.unpublished_at is None

    @property
    def switch(self) -> CommentsSwitch:
        """Whether readers may comment: as the article says, else its section. Off while it is
        unpublished. No query where the section is loaded.
        """
        if not self.is_published:
            return CommentsSwitch.OFF
        by_section = self.section.comments if self.section else CommentsSwitch.OPEN
        return CommentsSwitch(self.comments or by_section)


class Edition(models.Model):
    """An article in one language, with its own address. Editions share a thread unless split.

    A change of its texts leaves a `FormerText`, a change of its address a `PageAddress`
    (services.publishing).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="editions")
    thread = models.ForeignKey("comments.Thread", models.PROTECT, related_name="editions")
    locale = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField(default=0)
    url = models.URLField(max_length=2_000)
    url_key = models.CharField(max_length=2_000, editable=False)
    title = models.CharField(max_length=500)
    standfirst = models.TextField(blank=True)
    sections = models.JSONField(default=list, blank=True)
    insight = models.JSONField(null=True, blank=True)
    images = models.JSONField(default=list, db_default=NO_LIST, blank=True)
    canonical_url = models.URLField(max_length=2_000, blank=True, default="", db_default="")
    alternates = models.JSONField(default=dict, db_default=NO_NAMES, blank=True)
    title_terms = TitleTerms(null=True, editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "locale"], name="edition_once_per_locale"),
            # Deferred, so that two editions can swap their addresses.
            models.UniqueConstraint(
                fields=["url_key"],
                name="one_page_one_edition",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        indexes: ClassVar = [GinIndex(fields=["title_terms"], name="edition_by_title")]

    def __str__(self) -> str:
        return f"{self.locale}: {self.title}"


class PageAddress(models.Model):
    """One more address that leads to an edition: one it had before, or that of another form of its
    page. The page that stands at an address now wins over those that are only found there.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="addresses")
    url = models.URLField(max_length=2_000)
    url_key = models.CharField(max_length=2_000, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "page addresses"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["url_key"], name="one_address_one_edition")
        ]

    def __str__(self) -> str:
        return self.url


class FormerText(models.Model):
    """What an edition said until `until`, when another text came: comments before then answer this
    one. The latest hundred of an edition are kept.
    """

    edition = models.ForeignKey(
        Edition, models.CASCADE, related_name="former_texts", db_index=False
    )
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=500)
    standfirst = models.TextField(blank=True)
    sections = models.JSONField(default=list, blank=True)
    insight = models.JSONField(null=True, blank=True)
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "number"], name="former_text_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class RelatedLink(models.Model):
    """An editor's pick for one edition: an article of the site by its external id (which may
    arrive later), or any page by address and title.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="related_links")
    position = models.PositiveSmallIntegerField()
    external_id = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=2_000, blank=True)
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["edition", "position"],
                name="related_in_order",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=~Q(external_id="") | (~Q(url="") & ~Q(title="")),
                name="related_leads_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or self.title


def _counting(operation: pgtrigger.Operation, changes: str, **rows: str) -> pgtrigger.Trigger:
    """A trigger that keeps in how many editions each term stands, whoever writes them. In one
    order, so that two writers wait for each other and no more.
    """
    return pgtrigger.Trigger(
        name=f"count_{operation}".lower(),
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),
        func=f"""
            INSERT INTO articles_termcount AS held (term, count)
            SELECT term, sum(amount)
            FROM ({changes}) AS changed, unnest(changed.terms) AS term
            GROUP BY term HAVING sum(amount) <> 0 ORDER BY term
            ON CONFLICT (term) DO UPDATE SET count = held.count + EXCLUDED.count;
            RETURN NULL;
        """,  # noqa: S608  (names of ours)
    )


class EditionTerms(models.Model):
    """What a published edition is about, for finding others that are: `articles.terms`.

    A term is 64 bits that stand for it on this site; the site's own key comes first, so that its
    count tells how many editions there are. Written by services.relating; triggers keep
    `TermCount`.
    """

    edition = models.OneToOneField(
        Edition, models.CASCADE, primary_key=True, related_name="terms_found"
    )
    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="+", db_index=False)
    locale = models.CharField(max_length=20)
    terms = ArrayField(models.BigIntegerField())

    class Meta:
        indexes: ClassVar = [
            # No list of what is pending: each search would read it to its end.
            GinIndex(fields=["terms"], name="edition_by_term", fastupdate=False),
            models.Index(fields=["site", "locale", "-edition"], name="edition_newest"),
        ]
        triggers: ClassVar = [
            _counting(pgtrigger.Insert, "SELECT terms, 1 AS amount FROM new_rows", new="new_rows"),
            _counting(pgtrigger.Delete, "SELECT terms, -1 AS amount FROM old_rows", old="old_rows"),
            _counting(
                pgtrigger.Update,
                "SELECT terms, 1 AS amount FROM new_rows"
                " UNION ALL SELECT terms, -1 AS amount FROM old_rows",
                new="new_rows",
                old="old_rows",
            ),
        ]

    def __str__(self) -> str:
        return str(self.edition_id)


class LastRelated(models.Model):
    """How many editions its site had when an article was last related: what a term weighs changes
    as a site grows. Apart from `EditionTerms`, whose index is dear to write.
    """

    article = models.OneToOneField(
        Article, models.CASCADE, primary_key=True, related_name="last_related"
    )
    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="+", db_index=False)
    among = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "among"], name="related_among_fewest")]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.among}"


class TermCount(models.Model):
    """In how many editions of its site a term stands. Only triggers write here."""

    term = models.BigIntegerField(primary_key=True)
    count = models.IntegerField()

    def __str__(self) -> str:
        return str(self.term)


class Suggestion(models.Model):
    """An edition that goes with another of its locale, as services.relating found. Both sides have
    a row, each keeps its nearest.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="suggestions", db_index=False)
    target = models.ForeignKey(Edition, models.CASCADE, related_name="suggested_on")
    likeness = models.FloatField(help_text="0 to 1; 0: only the newest there is.")
    shared = ArrayField(models.CharField(max_length=200), help_text="Words that both have.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "target"], name="suggested_once")
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} → {self.target_id}"


class LinkClicks(models.Model):
    """How often readers followed the link from one edition to another: a number that cools
    (`articles.ranking`), and nothing about who they were.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="+", db_index=False)
    target = models.ForeignKey(Edition, models.CASCADE, related_name="+")
    clicks = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "target"], name="clicks_of_a_link_once")
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} → {self.target_id}: {self.clicks:.1f}"


class Talk(models.Model):
    """How lively a thread is at the moment, as services.talk found a few seconds ago."""

    thread = models.OneToOneField(
        "comments.Thread", models.CASCADE, primary_key=True, related_name="talk"
    )
    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="+", db_index=False)
    heat = models.FloatField()
    comment_count = models.IntegerField(help_text="Comments of the last two days.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "-heat"], name="talk_of_site")]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.heat:.1f}"
