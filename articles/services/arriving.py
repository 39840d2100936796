"""Stories on their way in: what is new in them is found out in memory, and stored by a few
statements.

One story or five hundred go the same way, so that a back catalogue does not take a query for each
of its texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from articles.events import ArticleChanged
from articles.models import Article, Edition, FormerText, RelatedLink, Section
from articles.services.addresses import AddressBook, ArticleRefused, refused
from articles.urlkeys import url_key
from comments.models import Thread
from comments.services import counting
from comments.states import ThreadState
from common import clock
from outbox.services import relay
from publishers.models import Site
from publishers.services import purging

Story = dict[str, Any]

#: Fields of the story that are stored as they come.
STORY = (
    "authors",
    "topics",
    "published_at",
    "modified_at",
    "ai_generated",
    "disclosure",
    "sources",
    "comments",
)
#: What a comment answers.
TEXTS = ("title", "standfirst", "sections", "insight")
PAGE = ("url", *TEXTS, "images", "canonical_url", "alternates")
LINK = ("external_id", "url", "title", "text")
MOST_FORMER_TEXTS = 100


@dataclass
class Arrival:
    """What became of one story: its article, or why it was refused."""

    external_id: str
    article: Article | None = None
    is_new: bool = False
    is_changed: bool = False
    fault: ArticleRefused | None = None


class Arrivals:
    """Some stories of a site, in one transaction: `take` each, then `store` all.

    The articles that are there are locked. Six queries; nothing that stays as it is costs more.
    """

    def __init__(self, site: Site, stories: Sequence[tuple[str, Story]]) -> None:
        self.site = site
        self.known = {each.external_id: each for each in self._known([key for key, _ in stories])}
        told = [story for _, story in stories]
        self.book = AddressBook(site, told, list(self.known.values()))
        self.sections = self._sections({story["section"] for story in told} - {""})
        self.arrived: set[str] = set()
        self.adopted: set[UUID] = set()
        self.threads: list[Thread] = []
        self.articles: list[Article] = []
        self.editions: list[Edition] = []
        self.changed: list[Article] = []
        self.changed_editions: list[Edition] = []
        self.gone: list[Edition | Article] = []
        self.former: list[FormerText] = []
        self.links: list[tuple[Edition, list[dict[str, str]]]] = []

    def _known(self, external_ids: list[str]) -> list[Article]:
        rows = Article.objects.filter(site=self.site, external_id__in=external_ids)
        loaded = ("editions__thread", "editions__addresses", "editions__related_links")
        rows = rows.select_related("section").prefetch_related(*loaded)
        return list(rows.order_by("pk").select_for_update(of=("self",)))

    def _sections(self, names: set[str]) -> dict[str, Section]:
        if not names:
            return {}
        rows = Section.objects.filter(site=self.site, name__in=names)
        found = {each.name: each for each in rows}
        if missing := names - found.keys():
            fresh = [Section(site=self.site, name=name) for name in sorted(missing)]
            Section.objects.bulk_create(fresh, ignore_conflicts=True)
            found = {each.name: each for each in rows.all()}
        return found

    # -- one story ----------------------------------------------------------------------------
    def take(self, external_id: str, story: Story) -> Arrival:
        """Find out what is new in a story. A refused one leaves nothing behind."""
        try:
            return self._take(external_id, story)
        except ArticleRefused as fault:
            return Arrival(external_id, fault=fault)

    def _take(self, external_id: str, story: Story) -> Arrival:
        if external_id in self.arrived:
            sentence = _("An article with this id came earlier among these.")
            raise refused("/external_id", "id_twice", sentence)
        article = self.known.get(external_id)
        is_new = article is None
        opened = self.book.opened_by_readers(story)
        self.book.check(story, {each.pk for each in [article, *opened] if each})
        if article and article.split_threads != story["split_threads"]:
            raise refused(
                "/split_threads",
                "split_threads_fixed",
                _("Whether editions share a thread is decided when the article first comes."),
            )
        self.arrived.add(external_id)
        editions = list(article.editions.all()) if article else []
        if article is None and opened:
            article = opened.pop(0)
            editions = self._adopt(article, external_id, story)
        self._take_over(opened)
        if article is None:
            article = Article(site=self.site, external_id=external_id)
            article.split_threads = story["split_threads"]
            self.articles.append(article)
        is_changed = self._tell(article, story)
        is_changed |= self._tell_editions(article, editions, story["editions"])
        if editions and is_changed:
            self.changed.append(article)
        return Arrival(external_id, article, is_new=is_new, is_changed=is_changed)

    def _adopt(self, article: Article, external_id: str, story: Story) -> list[Edition]:
        """The publisher sends what a reader opened the thread of: the conversation goes on. Gives
        the one edition it has.
        """
        named = {"external_id": external_id, "by_reader": False}
        if not Article.objects.filter(pk=article.pk, by_reader=True).update(**named):
            raise IntegrityError("Another story has taken this article over meanwhile.")
        article.external_id, article.by_reader = external_id, False
        article.split_threads = story["split_threads"]
        editions = list(article.editions.select_related("thread"))
        locales = {url_key(each["url"]): each["locale"] for each in story["editions"]}
        for edition in editions:
            edition.locale = locales[edition.url_key]
            edition.save(update_fields=["locale"])  # before a new one comes in the locale it had
            self.adopted.add(edition.pk)
            self.book.stand(edition)
        return editions

    def _take_over(self, opened: list[Article]) -> None:
        """Articles that readers opened on more pages of a story are no articles of their own. Their
        threads stay, as those of editions that are taken out.
        """
        for article in opened:
            for edition in article.editions.all():
                self.book.drop(edition)
            self.gone.append(article)

    def _tell(self, article: Article, story: Story) -> bool:
        """Whether anything of the story itself is new."""
        section = self.sections.get(story["section"])
        wanted = {name: story[name] for name in STORY} | {"unpublished_at": None}
        is_changed = article.section_id != (section.pk if section else None)
        article.section = section
        for name, value in wanted.items():
            if getattr(article, name) != value:
                setattr(article, name, value)
                is_changed = True
        return is_changed

    # -- its editions -------------------------------------------------------------------------
    def _tell_editions(
        self, article: Article, editions: list[Edition], wanted: list[Story]
    ) -> bool:
        """Whether anything of the editions is new."""
        known = {each.locale: each for each in editions}
        shared = None if article.split_threads or not editions else editions[0].thread
        gone = known.keys() - {texts["locale"] for texts in wanted}
        for locale in gone:
            self.book.drop(known[locale])
            self.gone.append(known[locale])
        for texts in wanted:  # all leave before one comes: two may swap their addresses
            edition = known.get(texts["locale"])
            if edition and edition.url_key != url_key(texts["url"]):
                self.book.leave(edition)
        is_changed = bool(gone)
        placed = []
        for position, texts in enumerate(wanted):
            edition = known.get(texts["locale"])
            if edition is None:
                thread = shared or self._new_thread(article)
                shared = None if article.split_threads else thread
                edition = Edition(article=article, locale=texts["locale"], thread=thread)
                self.editions.append(edition)
            is_changed |= self._tell_edition(edition, texts, position)
            self.book.stand(edition)
            placed.append((edition, texts))
        for edition, texts in placed:
            self.book.lead(edition, texts)
        return is_changed

    def _tell_edition(self, edition: Edition, texts: Story, position: int) -> bool:
        is_new = edition._state.adding
        wanted = {name: texts[name] for name in PAGE}
        wanted |= {"position": position, "url_key": url_key(texts["url"])}
        new = {name for name, value in wanted.items() if getattr(edition, name) != value}
        had_texts = not is_new and edition.pk not in self.adopted
        if had_texts and not new.isdisjoint(TEXTS):
            said = {name: getattr(edition, name) for name in TEXTS}
            self.former.append(FormerText(edition=edition, until=clock.now(), **said))
        for name in new:
            setattr(edition, name, wanted[name])
        if new and not is_new:
            self.changed_editions.append(edition)
        return self._relate(edition, texts.get("related")) or is_new or bool(new)

    def _relate(self, edition: Edition, links: list[dict[str, str]] | None) -> bool:
        """Whether the editors' links are new; None leaves them as they are."""
        if links is None:
            return False
        wanted = [{name: link.get(name, "") for name in LINK} for link in links]
        stored = [] if edition._state.adding else edition.related_links.all()
        if wanted == [{name: getattr(link, name) for name in LINK} for link in stored]:
            return False
        self.links.append((edition, links))
        return True

    def _new_thread(self, article: Article) -> Thread:
        thread = Thread(site_id=article.site_id, state=article.switch.thread_state)
        self.threads.append(thread)
        return thread

    # -- all of them --------------------------------------------------------------------------
    def store(self) -> None:
        """Store what is new. A fixed number of queries for what came for the first time, one more
        for each article, edition and list of links that changed. Raises IntegrityError where
        somebody else took an address, or sent one of these articles, since we looked.
        """
        Thread.objects.bulk_create(self.threads)
        Article.objects.bulk_create(self.articles)
        for article in self.changed:
            article.save()
        for each in self.gone:
            each.delete()
        self.book.delete_gone()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS one_page_one_edition DEFERRED")
            Edition.objects.bulk_create(self.editions)
            for edition in self.changed_editions:
                edition.save()
            cursor.execute("SET CONSTRAINTS one_page_one_edition IMMEDIATE")
        self.book.store_new()
        self._keep_former_texts()
        relate_all(self.links)
        tell_threads(self.changed)
        relay.record(*[ArticleChanged(each.pk) for each in (*self.articles, *self.changed)])
        purging.purge_soon(*[f"article-{each.pk}" for each in self.changed])

    def _keep_former_texts(self) -> None:
        if not self.former:
            return
        of_these = FormerText.objects.filter(edition__in=[each.edition for each in self.former])
        latest = dict(of_these.order_by().values_list("edition").annotate(Max("number")))
        for each in self.former:
            each.number = latest.get(each.edition_id, 0) + 1
            if each.number > MOST_FORMER_TEXTS:
                old = of_these.filter(edition=each.edition_id)
                old.filter(number__lte=each.number - MOST_FORMER_TEXTS).delete()
        FormerText.objects.bulk_create(self.former)


def relate_all(wanted: Sequence[tuple[Edition, list[dict[str, Any]]]]) -> None:
    """Give each edition these related links, in their order, in place of those it has. Locks the
    editions: of two at once the later wins. Three queries, if there is anything to do.
    """
    if not wanted:
        return
    ids = [edition.pk for edition, _ in wanted]
    held = Edition.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(held.values_list("pk"))
    RelatedLink.objects.filter(edition__in=ids).delete()
    RelatedLink.objects.bulk_create(
        RelatedLink(edition=edition, position=position, **link)
        for edition, links in wanted
        for position, link in enumerate(links)
    )


def tell_threads(articles: Sequence[Article]) -> None:
    """Open, close or hide the threads of articles as each says. Their versions move: what is said
    of them is said together with the article's titles. Four queries at most.
    """
    if not articles:
        return
    by_state: dict[ThreadState, list[UUID]] = {}
    for article in articles:
        by_state.setdefault(article.switch.thread_state, []).append(article.pk)
    moved = 0
    for state, ids in by_state.items():
        threads = Thread.objects.filter(editions__article__in=ids)
        moved += threads.exclude(state=state).update(state=state)
    every = Thread.objects.filter(editions__article__in=articles).order_by("pk")
    found = list(every.values_list("pk", flat=True).distinct())
    counting.touch(*found)
    if moved:
        counting.tell_soon(*found)
