"""Readers' pictures: made small and harmless, kept once, served by what they are."""

import os
import struct
import zlib
from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from accounts import pictures
from accounts.models import Avatar, User
from accounts.services import avatars, tokens
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def file_of(image, kind="PNG", **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def drawn(content):
    return Image.open(BytesIO(content))


def chunk(name, content):
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width, height, *chunks):
    """A PNG that says it is so large, with next to nothing in it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(300)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + data + chunk(b"IEND", b"")


def endless_scans():
    """A progressive JPEG whose last scan comes ten thousand times."""
    photo = file_of(Image.effect_noise((600, 600), 90), "JPEG", progressive=True)
    last = photo.rfind(b"\xff\xda")
    return photo[:-2] + photo[last:-2][:60] * 10_000


RED = Image.new("RGB", (640, 480), "red")
PACKED = zlib.compress(bytes(900_000))

TORTURE = {
    "nothing": b"",
    "words": b"hello",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "bmp": file_of(RED, "BMP"),
    "tiff": file_of(RED, "TIFF"),
    "icon": file_of(Image.new("RGB", (16, 16)), "ICO"),
    "truncated png": file_of(RED)[:400],
    "truncated jpeg": file_of(RED, "JPEG")[:300],
    "gigapixels": png(60_000, 60_000),
    "more than 31 bits": png(2**31 - 1, 2**31 - 1),
    "no pixels": png(0, 0),
    "a long line": png(1, 12_000_000),
    "text that unpacks to 450 MB": png(9, 9, *[chunk(b"zTXt", b"a\0\0" + PACKED)] * 500),
    "colours that unpack to 300 MB": png(
        9, 9, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(300_000_000)))
    ),
    "big webp": file_of(Image.new("RGB", (4000, 4000)), "WEBP", lossless=True),
    "endless scans": endless_scans(),
    "a magic number and no more": b"\xff\xd8\xff\xe0",
}


@pytest.fixture
def reader():
    return ReaderFactory()


@pytest.fixture
def client(reader):
    _, text = tokens.issue_reader(user=reader, site=SiteFactory())
    return Client(headers={"Authorization": f"Bearer {text}"})


def put(client, content, kind="image/png"):
    return client.put("/api/v1/me/avatar", content, content_type=kind)


def test_a_picture_is_put_on_and_served_by_what_it_is(client, reader):
    answer = put(client, file_of(RED))

    assert answer.status_code == 200
    url = answer.json()["avatar_url"]
    served = Client().get(url)
    assert (served.status_code, served["Content-Type"]) == (200, "image/webp")
    assert served["Cache-Control"] == "public, max-age=31536000, immutable"
    assert served["Content-Security-Policy"].startswith("default-src 'none'")
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served["Vary"] == "Accept-Encoding"
    assert drawn(served.content).size == (256, 256)
    assert client.get("/api/v1/me").json()["avatar_url"] == url


def test_serving_a_picture_takes_one_query(reader, django_assert_num_queries):
    avatars.put_on(reader, file_of(RED))

    with django_assert_num_queries(1):
        assert Client().get(f"/avatars/{reader.avatar_id}.webp").status_code == 200


@pytest.mark.parametrize("name", ["0" * 64, "A" * 64, "short"])
def test_a_picture_that_is_not_there_is_not_found(name):
    assert Client().get(f"/avatars/{name}.webp").status_code == 404


@pytest.mark.parametrize("content", TORTURE.values(), ids=TORTURE.keys())
def test_what_is_no_picture_of_ours_is_refused_and_why(client, reader, content):
    answer = put(client, content)

    assert answer.status_code == 400
    assert answer.json()["code"] in {"picture_unreadable", "too_many_pixels"}
    assert not Avatar.objects.exists()


def test_a_picture_over_two_megabytes_is_refused_undecoded(client):
    answer = put(client, bytes(2_000_001))

    assert (answer.status_code, answer.json()["code"]) == (413, "picture_too_large")


def test_what_does_not_say_it_is_a_picture_is_refused(client):
    answer = put(client, b"{}", kind="application/json")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_all_common_kinds_are_taken_whatever_they_are_called(client, kind):
    assert put(client, file_of(RED, kind), kind="image/x").status_code == 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_all_kinds_of_pixels_are_taken(mode):
    image = Image.new(mode, (40, 30))

    assert drawn(pictures.small_square(file_of(image, "JPEG" if mode == "CMYK" else "PNG"))).size


def test_noise_is_packed_into_twenty_kilobytes():
    noise = Image.frombytes("RGB", (500, 500), os.urandom(750_000))

    assert len(pictures.small_square(file_of(noise))) <= 20_000


def test_a_photo_stands_upright_and_says_nothing_of_where_it_was_taken():
    photo = Image.new("RGB", (300, 300), "white")
    photo.paste("black", (0, 0, 300, 150))  # dark above
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, "taken at home"  # upside down

    small = pictures.small_square(file_of(photo, "JPEG", exif=exif))

    turned = drawn(small).convert("L")
    assert turned.getpixel((128, 10)) > 200 > 50 > turned.getpixel((128, 245))
    assert not turned.getexif()
    assert b"taken at home" not in small


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "blue")]

    small = drawn(
        pictures.small_square(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    )

    assert getattr(small, "n_frames", 1) == 1
    assert small.convert("RGB").getpixel((9, 9))[0] > 200


def test_what_a_file_was_besides_a_picture_is_gone():
    both = file_of(Image.new("P", (60, 60)), "GIF") + b"/*<script>alert(1)</script>*/"

    assert b"script" not in pictures.small_square(both)


def test_the_same_picture_is_kept_once_and_goes_with_its_last_wearer():
    ada, ben = ReaderFactory(), ReaderFactory()
    for reader in (ada, ben):
        avatars.put_on(reader, file_of(RED))
    assert Avatar.objects.count() == 1

    avatars.take_off(ada)
    assert Avatar.objects.count() == 1
    avatars.put_on(ben, file_of(Image.new("RGB", (9, 9), "blue")))

    assert list(Avatar.objects.all()) == [User.objects.get(pk=ben.pk).avatar]


def test_the_pictures_of_accounts_that_went_go_by_and_by(reader):
    avatars.put_on(reader, file_of(RED))
    reader.delete()

    assert avatars.drop_unworn() == 1
    assert not Avatar.objects.exists()


def test_a_reader_can_go_without(client, reader):
    avatars.put_on(reader, file_of(RED))

    answer = client.delete("/api/v1/me/avatar")

    assert answer.status_code == 204
    assert client.get("/api/v1/me").json()["avatar_url"] is None
    assert not Avatar.objects.exists()


def test_who_is_not_signed_in_puts_nothing_on():
    assert put(Client(), file_of(RED)).status_code == 401
