"""Words from a site's own list, found on folded text by an automaton: linear in the text."""

import time
from typing import Any
from uuid import UUID

import ahocorasick

from comments.screening import Draft, Finding, phase
from comments.states import Outcome
from moderation.folding import fold
from moderation.models import ListedWord
from moderation.states import WordAction

REMEMBERED_SECONDS = 10.0
_remembered: dict[UUID, tuple[float, Any]] = {}


@phase("words", version="1")
def find_listed_words(draft: Draft) -> Finding | None:
    """Hold or reject a draft with a listed word; rejecting words count first.

    One query in ten seconds for each site and process.
    """
    automaton = _automaton(draft.site.pk)
    if not automaton:
        return None
    text = fold(draft.body)
    found = [
        (action != WordAction.REJECT, word)
        for end, (word, action) in automaton.iter(text)
        if _stands_alone(text, end - len(word) + 1, end + 1)
    ]
    if not found:
        return None
    only_held, word = min(found)
    outcome = Outcome.HOLD if only_held else Outcome.REJECT
    return Finding(outcome, "listed_word", score=len(found), threshold=0, evidence=word)


def forget(site_id: UUID) -> None:
    """Read a site's list anew at the next draft of this process."""
    _remembered.pop(site_id, None)


def _automaton(site_id: UUID) -> Any:
    until, automaton = _remembered.get(site_id, (0.0, None))
    if until > time.monotonic():
        return automaton
    automaton = ahocorasick.Automaton()
    for listed in ListedWord.objects.filter(site=site_id):
        if word := fold(listed.word):
            automaton.add_word(word, (word, listed.action))
    automaton = automaton if len(automaton) else None
    if automaton:
        automaton.make_automaton()
    _remembered[site_id] = (time.monotonic() + REMEMBERED_SECONDS, automaton)
    return automaton


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a match is a word of its own. Scripts without spaces have no such borders, and
    Korean adds its particles to the word.
    """
    if not _has_borders(text[start]) or not _has_borders(text[end - 1]):
        return True
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not before.isalnum() and not after.isalnum()


def _has_borders(sign: str) -> bool:
    return not (
        "\u1100" <= sign <= "\u11ff" or "\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7af"
    )
