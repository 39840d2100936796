"""Korean and Japanese are whole: nothing untranslated, no placeholder lost, compiled as written."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from config.admin_names import NAMES, shown
from operations.development import PROJECT

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
CATALOGUES = sorted(PROJECT.glob("*/locale/*/LC_MESSAGES/django.po"))
FIELD = re.compile(r"(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d+\])? )?(\".*\")")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")

#: Functions of `django.utils.translation`, and which of their arguments is the sentence.
MARKED = {"_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0, "ngettext": 0}
MARKED |= {"ngettext_lazy": 0, "pgettext": 1, "pgettext_lazy": 1, "npgettext": 1}
NOT_SAID = {".git", ".venv", "node_modules", "tests", "bench"}

of_each_catalogue = pytest.mark.parametrize(
    "path", CATALOGUES, ids=lambda path: f"{path.parts[-5]}-{path.parts[-3]}"
)


@dataclass(frozen=True)
class Entry:
    """One sentence of a catalogue. Our languages have one plural form."""

    context: str
    english: str
    plural: str
    translation: str
    fuzzy: bool


def entries(path: Path) -> Iterator[Entry]:
    """Read a `.po` file: its header is the entry without English."""
    for block in path.read_text().split("\n\n"):
        fields: defaultdict[str, str] = defaultdict(str)
        name = ""
        for line in block.splitlines():
            if found := FIELD.fullmatch(line):
                name = found[1] or name
                fields[name] += ast.literal_eval(found[2])
        if fields:
            yield Entry(
                fields["msgctxt"],
                fields["msgid"],
                fields["msgid_plural"],
                fields["msgstr"],
                bool(re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)),
            )


def sentences(path: Path) -> list[Entry]:
    return [entry for entry in entries(path) if entry.english]


def compiled_form(entry: Entry) -> tuple[str | tuple[str, int], str]:
    key = f"{entry.context}\x04{entry.english}" if entry.context else entry.english
    return ((key, 0) if entry.plural else key), entry.translation


def marked_in(path: Path) -> Iterator[str]:
    """The sentences that a module or template marks as to be translated."""
    source = path.read_text()
    if path.suffix != ".py":
        # Which gives Python with a call for each mark, among X for all else.
        source = "\n".join(re.findall(r"n?p?gettext\(.*?['\"]\)|_\(.*?['\"]\)", templatize(source)))
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            for argument in call.args[MARKED.get(name, 9) :][:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


@cache
def marked() -> set[str]:
    """The sentences of all our modules and templates."""
    folders = [each for each in PROJECT.iterdir() if each.is_dir() and each.name not in NOT_SAID]
    sources = [
        path
        for kind in ("py", "html", "txt")
        for folder in folders
        for path in folder.rglob(f"*.{kind}")
        if not NOT_SAID & set(path.relative_to(PROJECT).parts)
        and (kind == "py" or "templates" in path.parts)
    ]
    return {sentence for path in sources for sentence in marked_in(path) if sentence}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_sources_stands_in_a_catalogue(language):
    known = {
        entry.english
        for path in CATALOGUES
        if path.parts[-3] == language
        for entry in sentences(path)
    }

    assert len(marked()) > 500
    assert marked() - known == set(), "make messages gathers them; then translate them"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_app_that_has_a_catalogue_has_one_in_each_language(language):
    folders = sorted({path.parents[2] for path in CATALOGUES})

    missing = [
        str(folder.relative_to(PROJECT))
        for folder in folders
        if not (folder / language / "LC_MESSAGES" / "django.po").exists()
    ]

    assert folders and not missing


@of_each_catalogue
def test_every_sentence_is_translated_and_none_is_a_guess(path):
    unfinished = [
        entry.english for entry in sentences(path) if entry.fuzzy or not entry.translation.strip()
    ]

    assert not unfinished


@of_each_catalogue
def test_a_translation_has_the_placeholders_of_its_english(path):
    differing = [
        entry.english
        for entry in sentences(path)
        if sorted(PLACEHOLDER.findall(entry.plural or entry.english))
        != sorted(PLACEHOLDER.findall(entry.translation))
    ]

    assert not differing


@of_each_catalogue
def test_what_is_compiled_is_what_is_written(path):
    written = dict(compiled_form(entry) for entry in entries(path))

    with path.with_suffix(".mo").open("rb") as compiled:
        read = GNUTranslations(compiled)._catalog

    assert read == written, "make messages compiles what was written"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_has_the_same_translation_wherever_it_stands(language):
    translations = defaultdict(set)
    for path in CATALOGUES:
        if path.parts[-3] == language:
            for entry in sentences(path):
                translations[entry.context, entry.english].add(entry.translation)

    # Django merges all catalogues into one, so that the first app would win.
    differing = {key: found for key, found in translations.items() if len(found) > 1}

    assert not differing


def admin_names(language: str) -> dict[str, str]:
    """What the admin shows of ours in a language, after the English."""
    with translation.override("en"):
        english = [str(getattr(*each)) for each in shown()]
    with translation.override(language):
        return dict(zip(english, (str(getattr(*each)) for each in shown()), strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_admin_calls_nothing_by_its_name_in_the_code(language):
    names = admin_names(language)

    untranslated = {english for english, name in names.items() if name == english}
    assert untranslated <= {"ID"}, "name it in its model, or list it in config.admin_names"
    assert {str(each) for each in NAMES} <= {*names}
