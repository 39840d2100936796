"""What a text is about, as terms that texts may share: pure rules for any script.

Where words stand apart, a term is a word, told by its stem. Korean glues its particles to words,
Japanese and Chinese write without spaces: there each pair of neighbouring characters is a term, of
a stretch in one script. Katakana stretches are whole words. Hiragana is left out: it is what
grammar is written in.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

#: So much of a text is read: what a story is about stands in its beginning.
MOST_CHARACTERS = 4_000
MOST_TERMS = 200
#: What begins the term of a topic: no text has it.
TOPIC = "#"
#: The dictionaries that PostgreSQL brings, by language.
DICTIONARIES = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
#: Languages whose pages have English words in them, if any Latin ones.
WITHOUT_SPACES = {"ja", "ko", "zh"}

HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HANGUL = r"\uac00-\ud7a3"
KATAKANA = r"\u30a1-\u30ff"
HIRAGANA = r"\u3041-\u309f"
STRETCH = re.compile(
    rf"(?P<paired>[{HAN}ヶ]{{2,}}|[{HANGUL}]{{2,}})|(?P<katakana>[{KATAKANA}]{{2,}})"
    rf"|(?P<word>(?:(?![{HAN}{HANGUL}{KATAKANA}{HIRAGANA}_])[\w\u0300-\u036f])+)"
)

#: Of each word its stem, or None where it says nothing ("the").
Stems = Mapping[str, str | None]


@dataclass(frozen=True)
class Stretch:
    """Some characters of a text in a row, and what terms they have."""

    text: str
    is_paired: bool

    def terms(self, stems: Stems) -> list[str]:
        if self.is_paired:
            return [self.text[at : at + 2] for at in range(len(self.text) - 1)]
        stem = stems.get(self.text, self.text)
        return [stem] if stem else []


def stretches(text: str) -> Iterator[Stretch]:
    """The words of a text, and what it has in place of words."""
    folded = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower()
    for found in STRETCH.finditer(folded):
        if found["word"] and (len(found["word"]) < 2 or found["word"].isdigit()):
            continue
        yield Stretch(found[0], found["paired"] is not None)


def dictionary(locale: str) -> str:
    """The name of PostgreSQL's dictionary for the words of an edition."""
    language = locale.partition("-")[0]
    known = "english" if language in WITHOUT_SPACES else DICTIONARIES.get(language)
    return f"{known}_stem" if known else "simple"


def terms(found: Iterable[Stretch], topics: Iterable[str], stems: Stems) -> list[str]:
    """The distinct terms of a text and its topics, in their order, at most `MOST_TERMS`."""
    named = dict.fromkeys(TOPIC + topic.strip().casefold() for topic in topics)
    for each in found:
        named.update(dict.fromkeys(each.terms(stems)))
    return list(named)[:MOST_TERMS]


def key(site_id: UUID, term: str) -> int:
    """What stands for a site's term in the index: 64 bits."""
    digest = blake2b(site_id.bytes + term.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def shown(
    found: Iterable[Stretch],
    topics: Iterable[str],
    stems: Stems,
    *,
    weights: Mapping[str, float],
    most: int,
) -> list[str]:
    """Terms (those in `weights`) as a person reads them, the weightiest first: words as they stand
    in the text, pairs that overlap joined again, topics by their names.
    """
    said: dict[str, float] = {}
    for topic in topics:
        if (weight := weights.get(TOPIC + topic.strip().casefold())) is not None:
            said[topic.strip()] = weight
    for each in found:
        for text, weight in _joined(each, stems, weights):
            said.setdefault(text, weight)
    once: dict[str, str] = {}
    for text in sorted(said, key=lambda text: -said[text]):
        word = text.casefold()
        once.setdefault(stems.get(word) or word, text)
    return list(once.values())[:most]


def _joined(
    stretch: Stretch, stems: Stems, weights: Mapping[str, float]
) -> Iterator[tuple[str, float]]:
    """The parts of a stretch that are terms from end to end, with what they weigh."""
    terms = stretch.terms(stems)
    if not stretch.is_paired:
        yield from ((stretch.text, weights[term]) for term in terms if term in weights)
        return
    start = 0
    for at, term in enumerate([*terms, ""]):
        if term not in weights:
            if at > start:
                yield stretch.text[start : at + 1], sum(weights[each] for each in terms[start:at])
            start = at + 1
