"""From a publisher's article to a published comment, an answer and a decision: the whole way."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from comments.selectors import REMEMBERED_SECONDS
from edge.microcache import FRESH_SECONDS
from tests.clients import Answer, Client
from tests.install import Install, eventually
from tests.journeys.conftest import Visit
from tests.journeys.people import Authenticator, sign_in_at_the_desk, sign_up
from tests.journeys.publisher import Publisher, publisher

pytestmark = pytest.mark.requires_browser

NEWS = "https://news.example"
ADDRESS = "juniper@readers.example"
NAME = "Juniper"
EN = {
    "locale": "en",
    "url": f"{NEWS}/en/harbour-ferry",
    "title": "The harbour ferry runs all night",
    "related": [{"url": f"{NEWS}/en/night-bus", "title": "The night bus, a year on"}],
}
KO = {
    "locale": "ko",
    "url": f"{NEWS}/ko/harbour-ferry",
    "title": "항구 여객선, 밤새 운항",
    "related": [{"url": f"{NEWS}/ko/fares", "title": "여객선 요금은 어떻게 달라지나"}],
}
FIRST = "The last boat used to leave before my shift ended."
SECOND = "Please print the timetable at the pier as well."
REPLY = "It hangs there since Monday, beside the ticket window."
OFF_TOPIC = "It is not about this article."
NOTE = "Write to the ferry office about it."


@dataclass
class FerryNews:
    """A publisher: a site as an operator opens it, and pages on an origin of their own."""

    install: Install
    id: str
    api_key: str
    pages: Publisher

    @property
    def server(self) -> Client:
        return self.install.client(self.api_key)

    def screen(self, policy: str) -> None:
        """Change what the public sees meanwhile, as the site's page in the admin does."""
        self.install.sql("UPDATE publishers_site SET screening = %s WHERE id = %s", policy, self.id)


@pytest.fixture
def ferry_news(install: Install) -> Iterator[FerryNews]:
    with publisher() as pages:
        origins = ["--origin", NEWS, "--origin", pages.origin]
        said = install.manage("create_site", "--name", "Ferry News", *origins, "--json")
        made = json.loads(said)
        yield FerryNews(install, made["id"], made["api_key"], pages)


def test_an_article_becomes_a_conversation_that_is_moderated(
    install: Install, ferry_news: FerryNews, visit: Visit, authenticator: Authenticator
) -> None:
    moderator = install.demo["moderator"]["email"]
    install.manage("add_staff", "--site", ferry_news.id, "--email", moderator)
    neighbour = install.client(
        install.reader_token(install.demo["reader"]["email"], site=ferry_news.id)
    )
    thread = publish_in_two_editions(ferry_news)
    public = Public(install.client(), thread)
    page = visit().new_page()
    each_edition_shows_its_own_related_articles(page, ferry_news.pages)

    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in").click()
    sign_up(popup.value, install, address=ADDRESS, name=NAME)
    expect(page.locator("[part=account]")).to_contain_text(f"Signed in as {NAME}")
    author = client_of(page, install, ferry_news)

    ferry_news.screen("screen_first")
    with install.stopped("screening"):
        first = write(page, FIRST)
        expect(comment(page, FIRST)).to_contain_text("is being checked. Only you can see it.")
        page.wait_for_event("response", lambda answer: f"/me/threads/{thread}" in answer.url)
        assert own_status(author, thread, first) == "screening"
        assert not public.shows_anywhere(FIRST, first)
        assert final_verdicts(install, first) == []
    eventually(lambda: public.shows_everywhere(FIRST, first), within=20, what=f"public: {FIRST}")
    assert final_verdicts(install, first) == [("none", "pass")]
    expect(comment(page, FIRST)).not_to_contain_text("Only you can see it.")

    ferry_news.screen("publish_first")
    time.sleep(REMEMBERED_SECONDS)  # as web remembers the thread, it still screens first
    second = write(page, SECOND)
    eventually(lambda: public.shows_everywhere(SECOND, second), within=1, what="public at once")

    reply = replied_twice_under_one_key(neighbour, thread, second)
    eventually(lambda: notices(author, "reply"), within=20, what="a notice of the reply")
    eventually(lambda: mails(install, "replied"), within=20, what="a mail about the reply")
    [notice] = notices(author, "reply")
    assert (notice["comment"], notice["excerpt"]) == (reply, REPLY)

    for reported in (first, second):
        flag = {"reason": "off_topic", "detail": "The pier is another story."}
        at = f"threads/{thread}/comments/{reported}/flag"
        assert neighbour.put(at, flag).status == 204

    desk = visit().new_page()
    sign_in_at_the_desk(desk, install, authenticator)
    reject(desk, SECOND)
    eventually(lambda: not public.shows_anywhere(SECOND, second), within=1, what="gone")
    time.sleep(FRESH_SECONDS)  # web's other process may repeat what it said a moment before
    public.shows_a_tombstone_of(second, above=reply)
    reject(desk, FIRST)
    eventually(lambda: not public.shows_anywhere(FIRST, first), within=1, what="gone")
    time.sleep(FRESH_SECONDS)  # web's other process may repeat what it said a moment before
    public.knows_nothing_of(first)
    assert not public.shows_anywhere(NAME, second)

    eventually(lambda: len(mails(install, "not published")) == 2, within=20, what="two mails")
    for rejected in (first, second):
        assert own_status(author, thread, rejected) == "rejected"
    reasons = [{"code": "off_topic", "text": f"{OFF_TOPIC} {NOTE}"}]
    assert [each["reasons"] for each in notices(author, "decision")] == [reasons, reasons]
    page.reload()
    expect(comment(page, FIRST)).to_contain_text(OFF_TOPIC)
    expect(comment(page, SECOND)).to_contain_text(NOTE)

    assert len(notices(author, "reply")) == len(mails(install, "replied")) == 1
    assert len(notices(author, "decision")) == len(mails(install, "not published")) == 2


# -- the publisher ---------------------------------------------------------------------------
def publish_in_two_editions(news: FerryNews) -> str:
    """Send the story, twice as servers do, and give its thread, the same from both pages."""
    story = {"authors": ["The desk"], "editions": [EN, KO]}
    first, again = (news.server.put("publisher/articles/harbour-ferry", story) for _ in range(2))
    assert (first.status, again.status) == (201, 200)
    assert first.json["id"] == again.json["id"]

    anyone = news.install.client()
    for edition in (EN, KO):
        related = anyone.get(f"articles/{first.json['id']}/related?edition={edition['locale']}")
        titles = [link["title"] for link in related.json["results"]]
        assert titles == [link["title"] for link in edition["related"]]
    found = [anyone.get(f"threads/lookup?url={quote(each['url'])}").json for each in (EN, KO)]
    assert [each["edition"]["locale"] for each in found] == ["en", "ko"]
    [thread] = {each["thread"]["id"] for each in found}

    news.pages.lay_out(story, api=news.install.base_url)
    return thread


def each_edition_shows_its_own_related_articles(page: Page, pages: Publisher) -> None:
    """In the browser too; it stays on the English page."""
    for edition in (KO, EN):
        page.goto(f"{pages.origin}/{edition['locale']}")
        links = [link["title"] for link in edition["related"]]
        expect(page.locator("#related li")).to_have_text(links)
        expect(page.locator("colloquy-thread").get_by_role("button")).to_be_visible()


# -- the author ------------------------------------------------------------------------------
def client_of(page: Page, install: Install, news: FerryNews) -> Client:
    """Speak as the reader who is signed in on a page, from its origin."""
    key = f"colloquy:token:{install.base_url}:{news.id}"
    kept = page.evaluate("key => localStorage[key]", key)
    return install.client(json.loads(kept)["token"], origin=news.pages.origin)


def write(page: Page, text: str) -> str:
    """Post in the widget; give the comment's id."""
    page.get_by_role("textbox").first.fill(text)
    page.get_by_role("button", name="Post", exact=True).click()
    posted = comment(page, text)
    expect(posted).to_be_visible()
    return str(posted.get_attribute("id")).removeprefix("comment-")


def comment(page: Page, text: str) -> Locator:
    return page.locator("article").filter(has_text=text)


def own_status(author: Client, thread: str, wanted: str) -> str:
    own = author.get(f"me/threads/{thread}").json["own"]
    return next(each["status"] for each in own if each["id"] == wanted)


def notices(reader: Client, kind: str) -> list[dict[str, Any]]:
    inbox = reader.get("me/notices").json["results"]
    return [notice for notice in inbox if notice["kind"] == kind]


def mails(install: Install, subject: str) -> list[str]:
    """The subjects of the author's mails that have these words in them."""
    return [mail["Subject"] for mail in install.mails(ADDRESS) if subject in mail["Subject"]]


def final_verdicts(install: Install, comment_id: str) -> list[tuple[Any, ...]]:
    return install.sql(
        "SELECT phase, outcome FROM comments_verdict JOIN comments_revision revision"
        " ON revision.id = revision_id WHERE comment_id = %s AND final",
        comment_id,
    )


# -- everybody else --------------------------------------------------------------------------
@dataclass
class Public:
    """What anybody is told of the thread, by every public way there is."""

    anyone: Client
    thread: str

    def answers(self, root: str) -> dict[str, Answer]:
        comments = f"threads/{self.thread}/comments"
        paths = {
            "newest": comments,
            "oldest": f"{comments}?sort=oldest",
            "single": f"{comments}/{root}",
            "lookup en": f"threads/lookup?comments=20&url={quote(EN['url'])}",
            "lookup ko": f"threads/lookup?comments=20&url={quote(KO['url'])}",
            "replies": f"{comments}/{root}/replies",
        }
        return {name: self.anyone.get(path) for name, path in paths.items()}

    def shows_everywhere(self, text: str, root: str) -> bool:
        answers = self.answers(root)
        del answers["replies"]  # of root, not root
        return all(text.encode() in answer.raw for answer in answers.values())

    def shows_anywhere(self, text: str, root: str) -> bool:
        return any(text.encode() in answer.raw for answer in self.answers(root).values())

    def shows_a_tombstone_of(self, root: str, *, above: str) -> None:
        """In its place, without author, text and votes, with the reply below it."""
        answers = self.answers(root)
        pages = [answers["newest"].json, answers["oldest"].json]
        pages += [answers[name].json["comments"] for name in ("lookup en", "lookup ko")]
        shown = [next(row for row in page["results"] if row["id"] == root) for page in pages]
        for row in [*shown, answers["single"].json]:
            private = {row[name] for name in ("author", "body_html", "votes", "reactions")}
            assert (row["status"], private) == ("rejected", {None})
            assert [reply["id"] for reply in row["replies"]["results"]] == [above]
        assert [reply["id"] for reply in answers["replies"].json["results"]] == [above]

    def knows_nothing_of(self, root: str) -> None:
        answers = self.answers(root)
        assert answers.pop("single").status == answers.pop("replies").status == 404
        assert all(root.encode() not in answer.raw for answer in answers.values())


def replied_twice_under_one_key(neighbour: Client, thread: str, parent: str) -> str:
    """Send a reply and, as if the answer had been lost, once more; give its one id."""
    body = {"body": REPLY, "parent": parent, "edition": "ko"}
    at, key = f"threads/{thread}/comments", str(uuid4())
    answers = [neighbour.post(at, body, Idempotency_Key=key) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    [reply] = {answer.json["id"] for answer in answers}
    return reply


def reject(desk: Page, text: str) -> None:
    """Open the reported comment's case at the desk, and reject it with a reason and a sentence."""
    desk.get_by_role("link", name=re.compile("^Reported")).click()
    desk.locator(".cases").get_by_role("link").filter(has_text=text[:20]).click()
    expect(desk.get_by_role("region", name="The comment in its thread")).to_contain_text(text)
    desk.get_by_role("radio", name=re.compile("^Off topic")).check()
    desk.get_by_label(re.compile("to the author", re.IGNORECASE)).fill(NOTE)
    desk.get_by_role("button", name="Reject").click()
    expect(desk.get_by_role("status")).to_contain_text("Rejected: Off topic.")
