"""Markdown becomes safe HTML in one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments import languages, rendering


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("*a* **b** ~~c~~", "<p><em>a</em> <strong>b</strong> <s>c</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("`x < y`", "<p><code>x &lt; y</code></p>"),
        ("```\nx = 1\n```", "<pre><code>x = 1\n</code></pre>"),
        ("# Not a heading", "<p># Not a heading</p>"),
        ("![no](https://a.example/x.png)", None),
        ("<b>no</b>", "<p>&lt;b&gt;no&lt;/b&gt;</p>"),
        ("👍", "<p>👍</p>"),
    ],
)
def test_this_is_shown_as_that(body, html):
    shown = rendering.to_html(body)

    assert html is None or shown == html
    assert "<img" not in shown


def test_a_link_says_that_a_reader_wrote_it():
    shown = rendering.to_html("https://news.example/x")

    assert 'href="https://news.example/x"' in shown
    assert 'rel="nofollow ugc noopener"' in shown


@pytest.mark.parametrize(
    "body",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](data:text/html,hi)",
        "<a href='javascript:alert(1)'>x</a>",
        "<img src=x onerror=alert(1)>",
        "[x](\u00a0javascript:alert(1))",
        '<https://a.example/"onmouseover=alert(1)>',
        "<svg><script>alert(1)</script></svg>",
    ],
)
def test_nothing_active_comes_through(body):
    shown = rendering.to_html(rendering.clean(body)).lower()

    assert 'href="javascript' not in shown
    assert 'href="data' not in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert not any(part.startswith("on") for part in shown.split('" ') if "=" in part)


@given(st.text(max_size=300))
def test_whatever_is_typed_only_known_tags_come_out(body):
    import re

    shown = rendering.to_html(rendering.clean(body))

    assert set(re.findall(r"</?([a-z0-9]+)", shown)) <= rendering.TAGS


def test_invisible_and_turning_signs_are_not_stored():
    assert rendering.clean("a\u200bb\u202ec\u0007d\ufeff") == "abcd"


def test_joiners_that_scripts_and_emoji_need_are_kept():
    assert rendering.clean("👩\u200d🚒 می\u200cخواهم") == "👩\u200d🚒 می\u200cخواهم"


def test_plain_words_are_cut_at_a_word():
    html = rendering.to_html("one two three\n\nfour")

    assert rendering.to_text(html) == "one two three four"
    assert rendering.to_text(html, longest=10) == "one two…"


@pytest.mark.parametrize(
    ("body", "locale", "language"),
    [
        ("Hello there", "en", "en"),
        ("Guten Tag", "de", "de"),
        ("Hello there", "ko", "en"),
        ("안녕하세요", "en", "ko"),
        ("東京は今日も雨です", "en", "ja"),
        ("今天天气很好", "en", "zh"),
        ("賛成", "ja", "ja"),
        ("مرحبا", "en", "ar"),
        ("Привет", "uk", "uk"),
        ("👍👍", "ko", "ko"),
        ("123", "pt-BR", "pt"),
        ("AI는 정말 대단해요", "en", "ko"),
    ],
)
def test_a_comments_language_is_told_by_its_script_and_its_page(body, locale, language):
    assert languages.of(body, locale=locale) == language


@pytest.mark.parametrize(
    "text",
    [
        "http://win.example/now",
        "see //win.com",
        "WWW.win.example",
        "win.com today",
        "a win.com b https://win.example c",
        "me@win.com",
    ],
)
def test_words_without_links_have_nothing_to_follow(text):
    words = rendering.without_links(text)

    assert "win." not in words.lower()
    assert "[…]" in words


@pytest.mark.parametrize("text", ["J. R. R. Moreau", "3.30pm", "Node.js", "민지", "a … b"])
def test_words_that_only_look_like_links_stay(text):
    assert rendering.without_links(text) == text


@pytest.mark.parametrize(
    "target",
    [
        "/accounts/logout/",
        "//stranger.example/",
        "x.html",
        "#top",
        "?delete=1",
        "java\u00a0script:alert(1)",
        "\u00a0javascript:alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html,x",
        "https:stranger.example",
    ],
)
def test_a_link_that_does_not_say_where_it_leads_stays_words(target):
    assert "<a" not in rendering.to_html(f"[here]({target})")
