"""Our own page of a profile, and the public one of readers who wish it."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Mute, User
from comments.states import Status, ThreadState
from tests.factories import CommentFactory, EditionFactory, ReaderFactory

pytestmark = pytest.mark.django_db

PAGE = "/accounts/profile/"


@pytest.fixture
def reader():
    return ReaderFactory(name="Ada")


@pytest.fixture
def client(reader):
    client = Client()
    client.force_login(reader)
    return client


def picture():
    file = BytesIO()
    Image.new("RGB", (40, 40), "red").save(file, "PNG")
    return SimpleUploadedFile("me.png", file.getvalue(), "image/png")


def test_name_language_and_public_page_are_set(client, reader):
    sent = {"action": "save", "name": "Ada L", "locale": "ko", "public_page": "on"}

    assert client.post(PAGE, sent).status_code == 302

    reader.refresh_from_db()
    assert (reader.name, reader.locale, reader.public_page) == ("Ada L", "ko", True)


def test_a_name_that_is_refused_says_why_beside_it(client, reader):
    answer = client.post(PAGE, {"action": "save", "name": "Admin", "locale": "en"})

    assert "Choose another" in answer.content.decode()
    assert User.objects.get(pk=reader.pk).name == "Ada"


def test_a_picture_is_put_on_and_taken_off(client, reader):
    client.post(PAGE, {"action": "picture", "picture": picture()})
    assert User.objects.get(pk=reader.pk).avatar_id

    client.post(PAGE, {"action": "no_picture"})
    assert User.objects.get(pk=reader.pk).avatar_id is None


def test_what_is_no_picture_is_refused(client):
    sent = SimpleUploadedFile("me.svg", b"<svg/>", "image/svg+xml")

    answer = client.post(PAGE, {"action": "picture", "picture": sent})

    assert answer.status_code == 400
    assert "cannot read this picture" in answer.content.decode()


def test_the_muted_are_listed_and_unmuted(client, reader):
    loud = ReaderFactory(name="Loud")
    Mute.objects.create(reader=reader, author=loud)
    assert "Loud" in client.get(PAGE).content.decode()

    client.post(PAGE, {"action": f"unmute {loud.pk}"})
    client.post(PAGE, {"action": "unmute nobody"})

    assert not Mute.objects.exists()


def test_strangers_sign_in_first():
    assert Client().get(PAGE)["Location"].startswith("/accounts/login/")


# -- the public one ------------------------------------------------------------------------------
@pytest.fixture
def author():
    return ReaderFactory(name="Bora", public_page=True)


def test_who_wishes_it_is_read_in_one_place(author):
    edition = EditionFactory(locale="en", title="A harbour opens")
    said = CommentFactory(author=author, thread=edition.thread, edition="en", body="Well *said*.")

    person = Client().get(f"/api/v1/readers/{author.pk}").json()
    listed = Client().get(f"/api/v1/readers/{author.pk}/comments").json()["results"]
    page = Client().get(f"/readers/{author.pk}").content.decode()

    assert person["name"] == "Bora"
    assert [(row["id"], row["page"]["title"]) for row in listed] == [
        (str(said.pk), "A harbour opens")
    ]
    assert listed[0]["author"]["page_url"] == person["page_url"]
    assert "<em>said</em>" in page
    assert f"{edition.url}#comment-{said.pk}" in page


def test_only_what_is_published_in_shown_threads_is_listed(author):
    for status in (Status.HELD, Status.REJECTED, Status.WITHDRAWN, Status.SCREENING):
        CommentFactory(author=author, status=status)
    hidden = CommentFactory(author=author)
    hidden.thread.state = ThreadState.OFF
    hidden.thread.save()
    CommentFactory(author=ReaderFactory())

    assert Client().get(f"/api/v1/readers/{author.pk}/comments").json()["results"] == []


@pytest.mark.parametrize("change", [{"public_page": False}, {"is_active": False}])
def test_who_does_not_is_not_there_like_nobody(author, change):
    User.objects.filter(pk=author.pk).update(**change)
    nobody = "0197a000-0000-7000-8000-000000000000"

    for path in ("/api/v1/readers/{}", "/api/v1/readers/{}/comments", "/readers/{}"):
        theirs, absent = (Client().get(path.format(each)) for each in (author.pk, nobody))
        assert theirs.status_code == absent.status_code == 404
        assert theirs.content == absent.content or "api" not in path


def test_the_list_pages_and_takes_three_queries_however_long(author, django_assert_num_queries):
    for _ in range(5):
        CommentFactory(author=author)
    address = f"/api/v1/readers/{author.pk}/comments"

    with django_assert_num_queries(3):
        first = Client().get(address, {"limit": 3}).json()
    second = Client().get(address, {"limit": 3, "cursor": first["next"]}).json()

    seen = [row["created_at"] for row in first["results"] + second["results"]]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


def test_a_bad_cursor_begins_anew_on_the_page_and_is_refused_by_the_api(author):
    assert Client().get(f"/readers/{author.pk}?cursor=x").status_code == 200
    assert Client().get(f"/api/v1/readers/{author.pk}/comments?cursor=x").status_code == 400
