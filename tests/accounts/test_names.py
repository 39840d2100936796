"""What may stand above a comment."""

import pytest

from accounts.names import BadName, tidy


@pytest.mark.parametrize(
    "name",
    ["Ada", "김민지", "山田 太郎", "Zoë", "Nguyễn Văn An", "O'Brien", "محمد", "a" * 50, "🙂"],
)
def test_real_names_stand_as_typed(name):
    assert tidy(name) == name


def test_space_is_tidied_and_letters_are_composed():
    assert tidy("  Zoe\u0308   Q ") == "Zo\u00eb Q"
    assert tidy("김\u3000민지") == "김 민지"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "empty"),
        (" \u3000 ", "empty"),
        ("a" * 51, "too_long"),
        ("Ada\n", "unseen_characters"),
        ("A\u0000da", "unseen_characters"),
        ("A\u200bda", "unseen_characters"),  # zero-width space
        ("\u202eadA", "unseen_characters"),  # right-to-left override
        ("A\u2066da", "unseen_characters"),  # isolate
        ("\u3164", "unseen_characters"),  # Hangul filler
        ("A\ufe0f", "unseen_characters"),  # variation selector
        ("A\ud800", "unseen_characters"),  # half a character
        ("A\ue000", "unseen_characters"),  # private use
    ],
)
def test_other_names_are_refused_and_why(name, code):
    with pytest.raises(BadName) as refusal:
        tidy(name)

    assert refusal.value.code == code
