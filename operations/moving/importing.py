"""Comments of another system become ours: read whole, put in order, then stored in batches.

Nothing is stored of a file that turns out to be broken. A batch is one transaction, counts
included; each comment is known by its id in its old home, so that a run may be stopped at any
moment and begun again, and adds nothing the second time.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.services import placeholders
from comments import markup, rendering
from comments.services import counting, loading
from comments.services.loading import Home, OldComment, Place
from comments.states import Status
from common.ids import id_at
from moderation.services import cases
from operations.moving.formats import READERS
from operations.moving.pages import Pages
from operations.moving.records import Markup
from operations.moving.scratch import Laid, Scratch, scratch
from operations.moving.source import Source
from publishers.models import Site

AT_ONCE = 500
PAGES_AT_ONCE = 200
#: Rendering time grows with the text; readers of ours write 10 000 at most.
LONGEST_BODY = 50_000
#: In place of people whom an export does not name, and of who took their words away.
NOBODY = ""
#: Until a comment's author is known.
NO_ID = UUID(int=0)
NO_WORDS = "there is nothing to read in it: only its place is kept"
CUT = f"it was cut after {LONGEST_BODY:,} characters"
_EMPTY_LINES, _LINE = re.compile(r"(?:\r?\n[ \t]*){2,}"), re.compile(r"\r?\n")


@dataclass
class Report:
    """What became of an export: comments by state, those that were there before, votes and people;
    what was skipped or changed is told by `scratch`.
    """

    site: Site
    source: str
    dry_run: bool
    scratch: Scratch
    imported: Counter[str] = field(default_factory=Counter)
    present: int = 0
    up_votes: int = 0
    down_votes: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """All but what was skipped and changed, which may be long."""
        return {
            "site": {"id": str(self.site.pk), "name": self.site.name},
            "from": self.source,
            "dry_run": self.dry_run,
            "imported": dict(sorted(self.imported.items())),
            "present": self.present,
            "votes": {"up": self.up_votes, "down": self.down_votes},
            "seconds": round(self.seconds, 1),
        }


@contextmanager
def bring_in(
    name: str, source: Source, *, site: Site, pages: Pages, dry_run: bool = False
) -> Iterator[Report]:
    """Store what `name` exported as comments of `site`, or only say what would be stored. The
    report can be read within the block. Raises BadExport.
    """
    begun = time.monotonic()
    with scratch() as laid_out:
        report = Report(site, name, dry_run, laid_out)
        laid_out.lay(READERS[name](source))
        _place_pages(laid_out, pages)
        _Import(report, source).run(laid_out.order())
        report.seconds = time.monotonic() - begun
        yield report


def _place_pages(laid_out: Scratch, pages: Pages) -> None:
    for some in laid_out.pages(PAGES_AT_ONCE):
        found = pages.find(some)
        for page in some:
            address = found.get(page.key)
            laid_out.place_page(
                page.key,
                thread=address.thread if address else None,
                locale=address.locale if address else "",
                url=address.url if address else pages.looked_for(page),
            )


class _Import:
    """One run: from an ordered scratch to the database."""

    def __init__(self, report: Report, source: Source) -> None:
        self.report, self.scratch = report, report.scratch
        self.site, self.name, self.meter = report.site, report.source, source.meter

    def run(self, total: int) -> None:
        self.meter.begin("rehearsing" if self.report.dry_run else "storing", total)
        done = 0
        while batch := self.scratch.batch(after=done, size=AT_ONCE):
            changed: list[tuple[str, str]] = []
            if self.report.dry_run:
                self._prepare(batch, changed)
            else:
                with transaction.atomic():
                    loading.take_turns()
                    self._store(self._prepare(batch, changed))
                while counting.fold():
                    pass
            self.scratch.tell("changed", changed)
            done += len(batch)
            self.meter.reach(done)

    def _prepare(
        self, batch: list[Laid], changed: list[tuple[str, str]]
    ) -> list[tuple[Laid, OldComment]]:
        """What of a batch is new, as we would store it. One query."""
        places = loading.known_places(
            site_id=self.site.pk, source=self.name, source_ids=[each.key for each in batch]
        )
        above = self.scratch.places({each.parent for each in batch if each.parent} - set(places))
        fresh = []
        for each in batch:
            if each.key in places:
                self.report.present += 1
                continue
            parent = places.get(each.parent or "") or above.get(each.parent or "")
            old = self._old(each, self._place(each, parent), changed)
            places[each.key] = old.place
            fresh.append((each, old))
            self.report.imported[old.status.value] += 1
            self.report.up_votes += each.up_count
            self.report.down_votes += each.down_count
        self.scratch.remember(places)
        return fresh

    def _place(self, laid: Laid, parent: Place | None) -> Place:
        own = id_at(laid.created_at, seed=f"{self.site.pk} {self.name} {laid.key}")
        if parent is None:
            return Place(own, laid.thread, laid.created_at)
        return loading.place_below(parent, id=own, created_at=laid.created_at)

    def _old(self, laid: Laid, place: Place, changed: list[tuple[str, str]]) -> OldComment:
        """The comment without its author. What has no words keeps its place, like what was taken
        away.
        """
        text = _markdown(laid)
        if len(text) > LONGEST_BODY:
            text = text[: LONGEST_BODY - 1] + "…"
            changed.append((laid.key, CUT))
        html = rendering.to_html(text)
        status, reason = Status(laid.status), laid.reason
        if status != Status.WITHDRAWN and not rendering.to_text(html):
            changed.append((laid.key, NO_WORDS))
            text, html, status, reason = "", "", Status.WITHDRAWN, ""
        return OldComment(
            place=place,
            author_id=NO_ID,
            edition=laid.locale,
            body=text,
            body_html=html,
            edited_at=laid.edited_at,
            status=status,
            reason=reason,
            was_public=status in (Status.PUBLISHED, Status.WITHDRAWN) or laid.is_answered,
            home=Home(self.site.pk, self.name, laid.key),
            up_count=laid.up_count,
            down_count=laid.down_count,
        )

    def _store(self, fresh: list[tuple[Laid, OldComment]]) -> None:
        people = {NOBODY: placeholders.Person("")}
        authors = {}
        for laid, old in fresh:
            has_author = laid.author and old.status != Status.WITHDRAWN
            authors[old.place.id] = laid.author if has_author else NOBODY
            if has_author:
                people[laid.author] = placeholders.Person(laid.name, laid.digest)
        ids = placeholders.provide(site=self.site, source=self.name, people=people)
        loading.store_comments(
            [replace(old, author_id=ids[authors[old.place.id]]) for _laid, old in fresh]
        )
        held = [old.place.id for _laid, old in fresh if old.status == Status.HELD]
        cases.open_for_arrivals(site_id=self.site.pk, comment_ids=held)


def _markdown(laid: Laid) -> str:
    """The text of a comment in our own markup."""
    if laid.markup == Markup.MARKDOWN:
        return rendering.clean(laid.text)
    html = _with_lines(laid.text) if laid.markup == Markup.LINES else laid.text
    return rendering.clean(markup.to_markdown(html, base=laid.url))


def _with_lines(html: str) -> str:
    """HTML in which line ends are meant, with the elements they stand for."""
    paragraphs = _EMPTY_LINES.split(html.strip())
    return "".join(f"<p>{_LINE.sub('<br>', each)}</p>" for each in paragraphs)
