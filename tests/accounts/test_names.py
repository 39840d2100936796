"""What may stand above a comment."""

import time
import unicodedata

import pytest

from accounts.impersonation import is_title, passes_for_staff
from accounts.names import BadName, tamed, tidy

#: Names as their bearers write them, and as their keyboards type them.
REAL_NAMES = [
    "Ada", "김민지", "山田 太郎", "Zoë", "Nguyễn Thị Hồng Nhung", "O'Brien", "d’Arc", "🙂",
    "José Müller", "Μαρία", "Ἀθηνᾶ", "さくら", "ﾀﾛｳ", "علی رضا", "علی‌رضا", "مُحَمَّد", "ئه‌حمه‌د",
    "אַבְרָהָם", "שִׁמְעוֹן", "สมชาย ใจดี", "น้ำฝน", "श्रीमती लक्ष्मी", "क्‍ष", "ශ්‍රීමාලි", "தமிழ்",
    "നിധിന്‍", "ಶ್ರೀ", "চন্দ্রিমা", "བསྟན་འཛིན་རྒྱ་མཚོ", "ཧཱུྃ", "အောင်ဆန်းစုကြည်", "សុខ ចាន់",
    "សុខ\u200bចាន់", "ᠪᠠᠲᠤ", "ᠰᠠᠷ\u180eᠠ", "Ọlárẹ̀wájú", "Владимир", "Юлія", "Հայկ", "გიორგი", "አበበ",
    "Ƙwazo Ɗan", "Işıl", "Þórður Guðmundsson", "Mª José", "Dĳkstra", "Kʷálə", "ǃXóõ", "Tân o͘",
    "辻\U000e0100", "DJ철수", "さくらchan", "ยิ้มLisa", "Anna Смирнова", "三〇郎", "ㅇㅇ", "ދިވެހި",
    "ᏣᎳᎩ", "ᐃᓄᒃ", "ਗੁਰਪ੍ਰੀਤ", "ܣܘܪܝܝܐ", "❤️ Kim", "👩‍💻 Kim", "J. R. R. Tolkien", "Leopold Staff",
]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", [*REAL_NAMES, "a" * 50])
def test_real_names_stand_however_they_are_typed(name, form):
    typed = unicodedata.normalize(form, name)

    assert tidy(typed) == tamed(typed) == unicodedata.normalize("NFC", name)
    assert not is_title(name)


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
        ("ad\u200dmin", "unseen_characters"),  # a joiner where nothing joins
        ("Ada\u115f", "unseen_characters"),  # Hangul filler
        ("Ada\u180e", "unseen_characters"),  # Mongolian vowel separator, after no Mongolian
        ("\u2800", "unseen_characters"),  # a braille cell without dots
        ("A\u0300\u0316\u0330\u0331da", "stacked_marks"),
        ("a\u0336d\u0336a\u0336", "stacked_marks"),  # struck through
        ("ก็็็็", "stacked_marks"),  # one mark over and over
        ("\u0301a", "stacked_marks"),  # on nothing
        ("ａｄａ", "styled_letters"),
        ("𝐀𝐝𝐚", "styled_letters"),
        ("ⓐⓓⓐ", "styled_letters"),
        ("ᵃᵈᵃ", "styled_letters"),
        ("Аdа", "mixed_scripts"),  # Cyrillic А and а
        ("Αda", "mixed_scripts"),  # Greek Α
        ("Ad๐", "mixed_scripts"),  # a Thai zero
        ("a" * 2_000_000, "too_long"),
    ],
)
def test_other_names_are_refused_and_why(name, code):
    with pytest.raises(BadName) as refusal:
        tidy(name)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Ada\u200b \n Lovelace", "Ada Lovelace"),
        ("a\u0303\u0314\u0325\u033e\u031fd\u0338a", "\u1e01\u031f\u0303da"),
        ("𝐀ｄⓐ", "Ada"),
        ("Аdа", "Ada"),
        ("x" * 90, "x" * 50),
        ("\u202e", ""),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_a_name_from_elsewhere_is_tamed_and_never_refused(text, name):
    assert tamed(text) == name


@pytest.mark.parametrize(
    "name",
    [
        "admin", "ADMIN", "Adm1n", "a.d.m.i.n", "4dmin", "ɑdmin", "ᴀᴅᴍɪɴ", "The Admin", "admin_2",
        "Moderator99", "moderat0r", "rnoderator", "Mødérator", "модератор", "Мodеrator", "Official",
        "Support Team", "newsroom", "Editor", "운영자", "공식 운영자", "운영 자", "관리자2",
        "管理者", "運営スタッフ", "管理人さん", "管理员",
    ],
)  # fmt: skip
def test_a_name_that_says_staff_is_a_title(name):
    assert is_title(name)


@pytest.mark.parametrize(
    "name",
    [
        "Leopold Staff",
        "Mod Suwan",
        "The",
        "Our Team",
        "Stafford",
        "Edit Kovács",
        "박공식",
        "관우",
        "管理",
    ],
)
def test_names_that_only_sound_like_it_are_names(name):
    assert not is_title(name)


@pytest.mark.parametrize(
    "name", ["Аlice Ward", "A1ice Ward", "AIice ward", "alice_ward", "Alicé Ward", "Alice Ward 7"]
)
def test_a_name_that_looks_like_a_protected_one_passes_for_it(name):
    assert passes_for_staff(name, ["Alice Ward"])


@pytest.mark.parametrize("name", ["Alice", "Ward", "Alison Ward", "1234", "🙂", "ありす"])
def test_other_names_do_not(name):
    assert not passes_for_staff(name, ["Alice Ward", "", "🙂", "ありず"])


def test_the_worst_name_is_judged_in_no_time():
    worst = ("a" + "\u0300" * 19) * 50
    begun = time.process_time()

    for _ in range(10):
        tamed(worst)
        passes_for_staff("a\u0430" * 25, [f"Alice Ward {n}" for n in range(100)])

    assert time.process_time() - begun < 2
