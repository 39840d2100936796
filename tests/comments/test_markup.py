"""HTML of other systems to our Markdown, and back: the words stay, markup becomes ours."""

import pytest

from comments import markup, rendering


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p>\n\n<p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        ("a <em>b</em> <strong>c</strong> <strike>d</strike>", "a *b* **c** ~~d~~"),
        ("<em>word </em>next", "*word* next"),  # marks hug their words
        ("<strong><strong>once</strong></strong>", "**once**"),
        ("<h2>A <b>heading</b></h2><p>text</p>", "**A heading**\n\ntext"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>', "3. a\n\n4. b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre><code>x = 1\n\ny</code></pre>", "```\nx = 1\n\ny\n```"),
        ("<p>call <code>a`b</code></p>", "call ``a`b``"),
        ('<a href="/q/2">there</a>', "[there](https://forum.example/q/2)"),
        ('<a href="https://a.example/">https://a.example/</a>', "<https://a.example/>"),
        ('<a href="https://a.example/(b)">b</a>', "[b](<https://a.example/(b)>)"),
        ('<a href="javascript:alert(1)">no</a>', "no"),  # leads nowhere that we allow
        ('<img src="/i.png" alt="a [glass]">', r"[a \[glass\]](https://forum.example/i.png)"),
        ("<p>a<hr>b</p>", "a\n\nb"),
        ("<script>alert(1)</script>kept", "kept"),
        ("<p>never closed <em>this", "never closed *this*"),
        ("H<sub>2</sub>O", "H2O"),
    ],
)
def test_markup_becomes_ours(html, markdown):
    assert markup.to_markdown(html, base="https://forum.example/q/1") == markdown


def test_nothing_nests_too_deeply_to_be_read():
    assert markup.to_markdown("<b>" * 5_000 + "words") == "**words**"


@pytest.mark.parametrize(
    "words",
    [
        "2 * 3 * 4 and a_b_c and _quoted_",
        "- not a list",
        "1. not a list either",
        "> not a quote",
        "[not](a-link) and `not code` and ~~not struck~~",
        "&amp; is how one writes an ampersand",
        "C:\\path\\*",
        "<sigh>",
    ],
)
def test_words_that_look_like_markup_stay_words(words):
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    html = rendering.to_html(markup.to_markdown(f"<p>{escaped}</p>"))

    assert rendering.to_text(html) == words


def test_plain_words_keep_their_paragraphs():
    html = "<p>One <em>and</em>\nmore</p><ul><li>a</li><li>b</li></ul>"

    assert markup.to_plain(html) == "One and more\n\na\n\nb"
