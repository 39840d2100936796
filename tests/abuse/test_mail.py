"""What strangers write adds no header to a mail of ours, nor a link, an image or hidden text."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from accounts.models import User
from articles.models import Edition
from publishers.models import Site
from tests.accounts.people import ORIGIN, App, Window
from tests.factories import CommentFactory, EditionFactory, ReaderFactory, SiteFactory
from tests.notifications.test_notices import reply, work

pytestmark = pytest.mark.django_db

#: In a name, a title, a comment: what should not get through, and what must not be in the mail.
HOSTILE = [
    "Jun\r\nBcc: eve@evil.example\r\n\r\nBuy!",
    "Jun\nSubject: Something else",
    "Jun\x0bTo: eve@evil.example",
    "Jun\u2028Bcc: eve@evil.example",
    '<a href="https://evil.example/">Jun</a>',
    '<img src="https://evil.example/pixel.gif">',
    "[Jun](https://evil.example/) ![x](https://evil.example/x.png)",
    "Jun https://evil.example/ www.evil.example",
    '<span style="display:none">hidden words</span>',
    "Jun\u200b\u2060\u202egpj.exe",
]
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
UNSEEN = re.compile("[\u200b\u2060\u202a-\u202e\u2066-\u2069]")
HEADERS = {
    *("Content-Type", "MIME-Version", "Content-Transfer-Encoding"),
    *("Subject", "From", "To", "Date", "Message-ID"),
}


def check(message: EmailMessage, to: str) -> None:
    raw = message.message()
    extra = {name for name in raw if name not in HEADERS}
    assert all(name.startswith(("List-", "Auto-", "X-", "Reply-To")) for name in extra), extra
    assert len(raw.keys()) == len(set(raw.keys())), "no header twice"
    assert message.recipients() == [to]
    assert "\n" not in message.subject and "\r" not in message.subject
    assert raw.get_content_type() == "text/plain"
    assert not getattr(message, "alternatives", [])


def links(message: EmailMessage) -> list[str]:
    words = f"{message.subject} {message.body}".split()
    return [word for word in words if LINK.search(word)]


@pytest.fixture
def parent():
    edition = EditionFactory(locale="ko", url="https://news.example/ko/story")
    author = ReaderFactory(email="minji@mail.example", locale="en")
    return CommentFactory(thread=edition.thread, edition="ko", author=author)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_brings_nothing_of_its_own_into_a_mail(parent, text):
    child = reply(parent, body=text)
    work()

    check(mail.outbox[0], "minji@mail.example")
    assert links(mail.outbox[0]) == [f"https://news.example/ko/story#comment-{child.pk}"]
    assert not UNSEEN.search(mail.outbox[0].body)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_brings_nothing_of_its_own_into_a_mail(parent, text):
    author = ReaderFactory()
    User.objects.filter(pk=author.pk).update(name=text[:50])  # past every check of names
    child = reply(parent, author=User.objects.get(pk=author.pk))
    work()

    check(mail.outbox[0], "minji@mail.example")
    assert links(mail.outbox[0]) == [f"https://news.example/ko/story#comment-{child.pk}"]
    assert len(mail.outbox[0].subject) < 100


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_adds_no_header(parent, text):
    Edition.objects.update(title=text)
    reply(parent)
    work()

    check(mail.outbox[0], "minji@mail.example")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sites_name_adds_no_header_to_mails_of_the_popup(text):
    site = SiteFactory(origins=[ORIGIN])
    Site.objects.update(name=text)

    Window(site).do("address", email="ada@mail.example")

    check(mail.outbox[0], "ada@mail.example")


@pytest.mark.parametrize(
    "address",
    [
        "ada@mail.example\r\nBcc: eve@evil.example",
        "ada@mail.example\nBcc:eve@evil.example",
        "ada@mail.example, eve@evil.example",
        "ada@mail.example;eve@evil.example",
        "Ada <ada@mail.example>",
        "ada@mail.example\x00",
        '"ada\r\n"@mail.example',
        "<b>ada</b>@mail.example",
        "ada@mail.example?bcc=eve@evil.example",
        "ada@mail.example\u2028",
    ],
)
def test_what_is_no_address_gets_no_mail(address):
    calls = ("auth/signup", "auth/code/request", "auth/password/request")
    answers = [App().call(call, {"email": address}) for call in calls]
    page = Window(SiteFactory(origins=[ORIGIN])).do("address", email=address)

    sent = [recipient for message in mail.outbox for recipient in message.recipients()]
    assert set(sent) <= {"ada@mail.example"}  # what was around it may be trimmed
    assert {answer.status_code for answer in answers} <= {400, 401, 429}
    assert page.status_code in {200, 400, 429}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_at_sign_up_does_not_come_into_the_mail(text):
    App().call("auth/signup", {"email": "ada@mail.example", "name": text})

    for message in mail.outbox:
        check(message, "ada@mail.example")
        assert "Jun" not in message.body + message.subject
        assert links(message) == []
