"""What texts are about, in any script. What PostgreSQL knows of a word stands in `stems`."""

from uuid import UUID

import pytest

from articles import terms

SITE = UUID("01900000-0000-7000-8000-000000000000")


def terms_of(text, *, topics=(), stems=None):
    return terms.terms(terms.stretches(text), topics, stems or {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Ferry", ["the", "ferry"]),
        ("a 5 2026 G7 x", ["g7"]),  # numbers and single letters say nothing
        ("여객선은 섬", ["여객", "객선", "선은"]),  # a syllable alone says nothing
        ("島へ渡る貨客船", ["貨客", "客船"]),  # hiragana is grammar; a character alone says nothing
        ("ﾊﾞｽとバス停", ["バス"]),  # one spelling of wide and narrow; katakana are whole words
        ("AI와 日本の予算", ["ai", "日本", "予算"]),
        ("Прямая речь", ["прямая", "речь"]),
    ],
)
def test_each_script_has_terms_of_its_kind(text, found):
    assert terms_of(text) == found


def test_words_are_told_by_their_stems_and_empty_ones_left_out():
    stems = {"the": None, "ferries": "ferri", "ferry": "ferri"}

    assert terms_of("The ferries, the ferry", stems=stems) == ["ferri"]


def test_topics_are_terms_that_no_text_has():
    assert terms_of("Budget", topics=["Budget ", "BUDGET"]) == ["#budget", "budget"]


def test_a_term_of_one_site_is_not_anothers():
    assert terms.key(SITE, "ferry") == terms.key(SITE, "ferry")
    assert terms.key(SITE, "ferry") != terms.key(UUID(int=1), "ferry")
    assert -(2**63) <= terms.key(SITE, "ferry") < 2**63


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        ("en-GB", "english_stem"),
        ("fr", "french_stem"),
        ("ko", "english_stem"),  # its Latin words are English
        ("vi", "simple"),
    ],
)
def test_a_locale_has_a_dictionary(locale, name):
    assert terms.dictionary(locale) == name


def test_shared_terms_are_shown_as_a_person_reads_them():
    said = "솔재마을 여객선의 Ferries"
    weights = {"여객": 2.0, "객선": 2.0, "솔재": 3.0, "ferri": 1.0, "#ports": 9.0}

    shown = terms.shown(
        terms.stretches(said), ["Ports", "Sea"], {"ferries": "ferri"}, weights=weights, most=3
    )

    assert shown == ["Ports", "여객선", "솔재"]
