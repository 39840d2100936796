"""What publishers send: the story, its editions, and what editors relate to each edition."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.querysets import EditionQuerySet
from articles.states import CommentsSwitch
from common.ids import new_id


class Article(models.Model):
    """A story of a site, under the publisher's own id. Its editions hold the texts and threads.

    `comments` is handed down to the threads by services.publishing, which alone writes here.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="articles")
    external_id = models.CharField(max_length=200)
    authors = models.JSONField(default=list, blank=True)
    topics = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    ai_generated = models.BooleanField(default=False)
    disclosure = models.TextField(blank=True)
    sources = models.JSONField(default=list, blank=True)
    comments = models.CharField(max_length=6, choices=CommentsSwitch, default=CommentsSwitch.OPEN)
    split_threads = models.BooleanField(
        default=False, help_text=_("Each edition has a thread of its own.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "external_id"], name="article_once_per_site"),
            models.CheckConstraint(
                condition=Q(comments__in=CommentsSwitch.values), name="article_comments_known"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class Edition(models.Model):
    """An article in one language, with its own address. Editions share a thread unless split."""

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

    def __str__(self) -> str:
        return f"{self.locale}: {self.title}"


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
