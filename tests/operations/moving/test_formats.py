"""What each system's export comes down to, and how broken files end."""

import gzip
import json
import zlib
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from operations.moving.formats import READERS, jsonstream
from operations.moving.records import BadExport, Mended, Page, Person, Record, Remark, Skipped
from operations.moving.source import Source
from tests.operations.moving import exports
from tests.operations.test_load_threads import Silent


def read(system: str, file: Path) -> list[Record]:
    return list(READERS[system](Source(file, Silent())))


def of(kind: type[Any], records: list[Record]) -> list[Any]:
    return [each for each in records if isinstance(each, kind)]


def told(remark: Remark) -> tuple[Any, ...]:
    return (remark.key, remark.parent, remark.status.value, remark.up_count, remark.down_count)


@pytest.mark.parametrize(
    ("system", "made", "expected"),
    [
        (
            "disqus",
            exports.disqus,
            [
                ("2", "1", "published", 0, 0),
                ("1", None, "published", 0, 0),
                ("3", None, "rejected", 0, 0),
                ("4", None, "withdrawn", 0, 0),
                ("5", "4", "published", 0, 0),
                ("6", None, "published", 0, 0),
                ("8", "404", "published", 0, 0),
            ],
        ),
        (
            "wordpress",
            exports.wordpress,
            [
                ("7 0", None, "published", 0, 0),
                ("7 1", None, "published", 0, 0),
                ("7 2", "7 1", "held", 0, 0),
                ("7 3", None, "rejected", 0, 0),
                ("7 4", None, "rejected", 0, 0),
            ],
        ),
        (
            "isso",
            exports.isso,
            [
                ("1", None, "published", 3, 1),
                ("2", "1", "published", 0, 0),
                ("3", None, "held", 0, 0),
                ("4", None, "withdrawn", 0, 0),
                ("5", "4", "published", 0, 0),
            ],
        ),
        (
            "remark42",
            exports.remark42,
            [
                ("1", None, "published", 2, 1),
                ("2", "1", "published", 0, 0),
                ("3", None, "withdrawn", 0, 0),
                ("4", "3", "published", 0, 0),
            ],
        ),
        (
            "coral",
            exports.coral,
            [
                ("c2", "c1", "published", 0, 0),
                ("c1", None, "published", 2, 0),
                ("c3", None, "held", 0, 0),
                ("c4", None, "rejected", 0, 0),
                ("c5", None, "withdrawn", 0, 0),
            ],
        ),
        (
            "commento",
            exports.commento,
            [
                ("2", "1", "published", 0, 2),
                ("1", None, "published", 3, 0),
                ("3", None, "held", 0, 0),
                ("4", None, "withdrawn", 0, 0),
            ],
        ),
        (
            "commento",
            exports.comentario,
            [
                ("1", None, "published", 4, 0),
                ("2", "1", "held", 0, 0),
                ("3", None, "rejected", 0, 0),
                ("4", None, "withdrawn", 0, 0),
            ],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_parents_states_and_votes_are_the_sources(system, made, expected, tmp_path):
    assert [told(each) for each in of(Remark, read(system, made(tmp_path)))] == expected


def test_times_are_read_in_the_spelling_of_each_system(tmp_path):
    def first(system, file):
        return min(each.created_at for each in of(Remark, read(system, file))).isoformat()

    assert first("disqus", exports.disqus(tmp_path)) == "2020-05-01T10:00:00+00:00"
    assert first("wordpress", exports.wordpress(tmp_path)) == "2020-05-01T10:00:00+00:00"
    assert first("isso", exports.isso(tmp_path)) == "2020-05-01T10:00:00.500000+00:00"
    assert first("isso", exports.isso_generic(tmp_path)) == "2020-05-01T10:00:00+00:00"
    assert first("remark42", exports.remark42(tmp_path)) == "2020-05-01T09:00:00.123456+00:00"
    assert first("coral", exports.coral(tmp_path)) == "2020-05-01T11:00:00+00:00"


def test_guests_of_two_names_are_two_people_though_they_share_an_address(tmp_path):
    text = exports.DISQUS.replace("<name>Bo</name>", "<name>Nobody you know</name>", 1)

    people = of(Person, read("disqus", exports.disqus(tmp_path, text)))

    assert len({each.key for each in people if each.email.lower() == "bo@mail.example"}) == 2


def test_what_is_no_readers_comment_is_told(tmp_path):
    skipped = of(Skipped, read("wordpress", exports.wordpress(tmp_path)))

    assert skipped == [Skipped("7 5", "no reader's comment, but a pingback")]


def test_what_is_not_quite_xml_is_read_over_and_counted(tmp_path):
    text = exports.DISQUS.replace("Watches!", "Wat\x08ches&#x1;! &nbsp;").replace(
        '<thread dsq:id="12"/>', "<thread dsq:id=12/>"
    )

    records = read("disqus", exports.disqus(tmp_path, "`" + dedent(text)))

    assert len(of(Remark, records)) == 7
    [mended] = of(Mended, records)
    assert "are not XML and were read over" in mended.why


def test_a_fault_that_hides_where_an_element_ends_is_not_read_over(tmp_path):
    text = exports.DISQUS.replace("</message>", "</mess>", 1)

    with pytest.raises(BadExport, match="is not whole: line"):
        read("disqus", exports.disqus(tmp_path, text))


def test_other_encodings_are_read_as_they_say(tmp_path):
    file = tmp_path / "latin.xml"
    text = dedent(exports.DISQUS).replace("utf-8", "iso-8859-1").replace("Ada", "Adèle")
    file.write_bytes(text.encode("iso-8859-1"))

    assert "Adèle" in {each.name for each in of(Person, read("disqus", file))}


BOMB = """\
    <?xml version="1.0"?>
    <!DOCTYPE disqus [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
    <disqus xmlns="http://disqus.com"><thread>&b;</thread></disqus>
    """


@pytest.mark.parametrize(
    ("system", "content", "sentence"),
    [
        ("disqus", dedent(BOMB).encode(), "defines entities of its own"),
        ("disqus", dedent(exports.DISQUS).encode()[:2_000], "is not whole"),
        ("disqus", b"", "is not an export of Disqus"),
        ("disqus", b"<html><body>Sign in</body></html>", "is not an export of Disqus"),
        ("wordpress", dedent(exports.DISQUS).encode(), "is not an export of WordPress"),
        ("disqus", b"PK\x03\x04rest", "is a zip file"),
        ("disqus", gzip.compress(dedent(exports.DISQUS).encode())[:-20], "cannot be read"),
        ("commento", b'{"comments": [{"commentHex": "1"', "is not whole"),
        ("commento", b'{"comments": [{"commentHex": "1"}]}', "lacks 'domain'"),
        ("commento", b"[" * 100_000, "nests too deeply"),
        ("commento", b'{"comments": [' + b'{"a":' * 100_000, "nests too deeply"),
        ("commento", b"\xff\xfe{}", "is not UTF-8"),
        ("isso", b"SQLite format 3\x00" + b"\x00" * 200, "is no database of Isso"),
        ("isso", b'[{"id": 1}]', "is not an export of Isso"),
        ("remark42", b'{"id": "1"}\n', "is not a backup of Remark42"),
        ("remark42", b'{"version": 1}\n{"id": "1"}\n', "line 2: not a comment"),
        ("remark42", b'{"version": 1}\n{"id": \n', "line 2: not JSON"),
        ("coral", b"{}", "is no folder"),
    ],
)
def test_a_bad_file_ends_in_one_sentence(system, content, sentence, tmp_path):
    file = tmp_path / "export"
    file.write_bytes(content)

    with pytest.raises(BadExport) as refused:
        read(system, file)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_swells_beyond_measure_is_not_unpacked(tmp_path):
    file = tmp_path / "bomb.gz"
    packer = zlib.compressobj(wbits=31)
    start = dedent(exports.DISQUS).encode().partition(b"<category")[0]
    spaces = packer.compress(start) + packer.compress(b" " * 150_000_000) + packer.flush()
    file.write_bytes(spaces)

    with pytest.raises(BadExport, match="over 200 times its size"):
        read("disqus", file)


def test_json_is_read_however_its_pieces_fall(tmp_path, monkeypatch):
    document = {"version": 12, "a": [{"x": "é" * 40, "n": 1}, {}], "b": [], "c": [{"y": [[2]]}]}
    file = tmp_path / "some.json"
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1))

    class Slow:
        """A stream that gives a byte at a time."""

        name, size = "slow", 0

        def __init__(self, file):
            self.file = file

        def read(self, _size):
            return self.file.read(1)

    with file.open("rb") as raw:
        rows = list(jsonstream.rows(Slow(raw)))

    assert rows == [("a", document["a"][0]), ("a", {}), ("c", document["c"][0])]


def test_a_post_without_an_id_is_known_again_by_what_it_says(tmp_path):
    text = exports.DISQUS.replace('<post dsq:id="3">', "<post>")

    keys = [{each.key for each in of(Remark, read("disqus", exports.disqus(tmp_path, text)))}] * 2

    assert keys[0] == keys[1]
    assert any(key.startswith("~") for key in keys[0])


def test_pages_are_named_by_all_their_addresses(tmp_path):
    pages = of(Page, read("disqus", exports.disqus(tmp_path)))

    assert [page.urls for page in pages][:2] == [
        ("http://news.example/en/harbour/?utm_source=feed",),
        ("https://news.example/en/harbour",),
    ]
    assert pages[0].identifier == "harbour"
