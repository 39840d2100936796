"""Titles as they are searched for, in any script and by the beginnings of words.

Korean and Japanese words stand without spaces between them, or with endings: they are cut into
pairs of signs, so that two signs typed are found wherever they stand. All else is cut into words,
without accents and case.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, Lookup, TextField, Value

#: Kana, Han and Hangul, with the marks that lengthen and repeat.
CJK = "\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
RUNS = re.compile(rf"([{CJK}]+)|([^\W_{CJK}]+)")
#: Words that one search looks for; what else is typed is left aside.
MOST_WORDS = 12


def terms(title: str) -> list[str]:
    """What a title is found by, each once."""
    found: set[str] = set()
    for run, is_cjk in _runs(title):
        found |= {*_pairs(run), run[-1]} if is_cjk else {run}
    return sorted(found)


def tsquery(text: str) -> str:
    """PostgreSQL's words for titles with all words of `text` (the beginnings of words will do).
    "" where there is nothing to look for.
    """
    wanted: list[str] = []
    for run, is_cjk in list(_runs(text))[:MOST_WORDS]:
        if is_cjk and len(run) > 1:
            wanted += [f"'{pair}'" for pair in _pairs(run)]
        else:
            wanted.append(f"'{run}':*")
    return " & ".join(dict.fromkeys(wanted))


class TitleTerms(SearchVectorField):
    """The terms of the row's `title`, made anew whenever the row is saved."""

    def deconstruct(self) -> Any:
        """For migrations it is a plain column."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.contrib.postgres.search.SearchVectorField", args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> Func:
        words = Value(terms(model_instance.title), ArrayField(TextField()))
        return Func(words, function="array_to_tsvector", output_field=SearchVectorField())


@TitleTerms.register_lookup
class Titled(Lookup):
    """`title_terms__titled=tsquery(text)`."""

    lookup_name = "titled"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, values = self.process_lhs(compiler, connection)
        return f"{sql} @@ %s::tsquery", [*values, self.rhs]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Each stretch of one kind, folded, and whether it is CJK. Letters and digits only: none of
    them means anything to PostgreSQL inside quotes.
    """
    for found in RUNS.finditer(unicodedata.normalize("NFKC", text).casefold()):
        if found[1]:
            yield found[1], True
        elif word := _without_marks(found[2]):
            yield word, False


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _without_marks(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    return "".join(each for each in parts if not unicodedata.combining(each))
