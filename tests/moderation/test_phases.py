"""What the phases hold, reject and let pass."""

from datetime import timedelta

import pytest
import time_machine

from comments import rendering
from comments.screening import Draft, Where, phases
from comments.states import Outcome
from common import clock
from moderation.folding import fold
from moderation.models import ListedWord, SeenText
from moderation.phases.length import hold_long
from moderation.phases.links import hold_link_heavy
from moderation.phases.repeats import hold_repeated
from moderation.phases.words import find_listed_words, forget
from moderation.tasks import forget_texts
from tests.factories import CommentFactory, ReaderFactory, SiteFactory, ThreadFactory

pytestmark = pytest.mark.django_db
SLOGAN = "Read this before you vote on Sunday."


@pytest.fixture
def site():
    return SiteFactory(hold_over_characters=20, hold_over_links=1)


def draft(site, body, **more):
    return Draft(site, ReaderFactory(), body, rendering.to_html(body), "en", **more)


def posted(site, body, author=None):
    """The draft of a stored comment, as the worker gets it."""
    author = author or ReaderFactory()
    comment = CommentFactory(thread=ThreadFactory(site=site), author=author, body=body)
    return Draft(site, author, body, comment.body_html, "en", comment.pk)


@pytest.mark.parametrize(("length", "held"), [(20, False), (21, True)])
def test_comments_longer_than_the_site_likes_are_held(site, length, held):
    finding = hold_long(draft(site, "가" * length))

    assert bool(finding) is held
    if finding:
        assert (finding.outcome, finding.score, finding.threshold) == (Outcome.HOLD, 21, 20)


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ("https://a.example", False),
        ("https://a.example and [b](https://b.example)", True),
        ("example.com and example.org", True),  # linkified without a scheme
        ("`https://a.example` `https://b.example`", False),  # code is no link
        ("<https://a.example> <mailto:b@b.example>", True),
    ],
)
def test_links_are_counted_as_they_are_rendered(site, body, held):
    assert bool(hold_link_heavy(draft(site, body))) is held


@pytest.mark.parametrize(
    ("word", "body", "found"),
    [
        ("cunt", "He lives in Scunthorpe.", False),  # inside another word
        ("cunt", "He is a cunt.", True),
        ("cunt", "CUNT", True),  # case
        ("cunt", "ｃｕｎｔ!", True),  # full width
        ("cunt", "c\u200bunt", True),  # a character nobody sees
        ("cunt", "cünt", True),  # marks over Latin letters
        ("cunt", "one\ncunt\ntwo", True),  # alone on its line
        ("cunt", "cunt2", False),
        ("free money", "Get free\n  money here", True),  # a phrase, however spaced
        ("free money", "freemoney", False),
        ("대박코인", "대박코인은 어때요?", True),  # with a particle
        ("대박코인", "대박코인을 사세요", True),
        ("대박코인", "대박 난 코인", False),
        ("楽して稼げる", "誰でも楽して稼げる方法です", True),  # no spaces between words
        ("ばか", "はかない夢でした", False),  # another word, but for its marks
        ("バカ", "ﾊﾞｶだね", True),  # half width
        ("c++", "I like C++.", True),
        ("", "anything", False),
    ],
)
def test_listed_words_are_found_as_words_of_their_own(site, word, body, found):
    ListedWord.objects.create(site=site, word=word)

    assert bool(find_listed_words(draft(site, body))) is found


def test_a_rejecting_word_counts_before_a_holding_one(site):
    ListedWord.objects.create(site=site, word="aaa")
    ListedWord.objects.create(site=site, word="zzz", action="reject")

    finding = find_listed_words(draft(site, "aaa zzz aaa"))

    assert (finding.outcome, finding.evidence, finding.score) == (Outcome.REJECT, "zzz", 3)


def test_a_site_has_its_own_list(site):
    ListedWord.objects.create(site=SiteFactory(), word="aaa")

    assert find_listed_words(draft(site, "aaa")) is None


def test_a_list_is_read_once_in_a_while(site, django_assert_num_queries):
    ListedWord.objects.create(site=site, word="aaa")
    judged = draft(site, "bbb")
    with django_assert_num_queries(1):
        find_listed_words(judged)
        find_listed_words(judged)
    ListedWord.objects.create(site=site, word="bbb")

    forget(site.pk)

    assert find_listed_words(judged)


def test_the_first_time_a_text_is_no_repeat_and_neither_is_its_own_second_look(site):
    judged = posted(site, SLOGAN)

    assert hold_repeated(judged) is None
    assert hold_repeated(judged) is None
    assert SeenText.objects.count() == 1


def test_an_author_who_repeats_themselves_is_held(site):
    author = ReaderFactory()
    hold_repeated(posted(site, SLOGAN, author))

    finding = hold_repeated(posted(site, f"  {SLOGAN.upper()} ", author))

    assert (finding.outcome, finding.reason) == (Outcome.HOLD, "repeated")


def test_a_slogan_of_several_readers_is_held_the_fourth_time(site):
    held = [bool(hold_repeated(posted(site, SLOGAN))) for _ in range(4)]

    assert held == [False, False, False, True]


@pytest.mark.parametrize("body", ["Well said!", "동감합니다", "😀" * 10])
def test_what_people_say_by_chance_is_no_repeat(site, body):
    author = ReaderFactory()
    hold_repeated(posted(site, body, author))

    assert hold_repeated(posted(site, body, author)) is None


def test_other_sites_and_other_days_are_no_repeats(site):
    author = ReaderFactory()
    hold_repeated(posted(SiteFactory(), SLOGAN, author))
    with time_machine.travel(clock.now() - timedelta(hours=25), tick=False):
        hold_repeated(posted(site, SLOGAN, author))

    assert hold_repeated(posted(site, SLOGAN, author)) is None


def test_old_texts_are_forgotten(site):
    with time_machine.travel(clock.now() - timedelta(hours=26), tick=False):
        hold_repeated(posted(site, SLOGAN))
    hold_repeated(posted(site, SLOGAN))

    forget_texts()

    assert SeenText.objects.count() == 1


def test_phases_run_where_they_say_in_the_order_of_the_setting():
    assert [each.name for each in phases(Where.REQUEST)] == ["length", "links", "words"]
    assert [each.name for each in phases(Where.WORKER)] == ["repeats"]
    assert [each.name for each in phases(Where.NETWORK)] == ["hook"]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ünïcödé", "unicode"),
        ("a\tb\r\n c", "a b c"),
        ("x\u200dy\u202ez", "xyz"),
        ("がぎ", "がぎ"),
        ("ｶﾞ", "ガ"),
        ("한\u1100\u1161", "한가"),  # jamo are composed
        ("हिन्दी", "हिन्दी"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_folding_makes_alike_what_reads_alike_and_nothing_else(text, folded):
    assert fold(text) == folded
