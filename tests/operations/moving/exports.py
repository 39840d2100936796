"""Exports as each system documents them, written for these tests. The same talk in all of them:
Ada opens, Bo answers her, somebody sells watches, and Cy took his words back above Bo's answer.
"""

import gzip
import json
import sqlite3
from pathlib import Path
from textwrap import dedent
from typing import Any

DISQUS = """\
    <?xml version="1.0" encoding="utf-8"?>
    <disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
      <category dsq:id="1"><title>General</title></category>
      <thread dsq:id="10">
        <id>harbour</id><link>http://news.example/en/harbour/?utm_source=feed</link>
        <isDeleted>false</isDeleted>
      </thread>
      <thread dsq:id="11">
        <id/><link>https://news.example/en/harbour</link><isDeleted>false</isDeleted>
      </thread>
      <thread dsq:id="12"><id/><link>https://news.example/gone</link></thread>
      <thread dsq:id="13"><link>https://news.example/en/harbour</link><isDeleted>true</isDeleted>
      </thread>
      <post dsq:id="2">
        <message><![CDATA[<p>Not <em>so</em> sure.</p>]]></message>
        <createdAt>2020-05-01T10:05:00Z</createdAt><isDeleted>false</isDeleted>
        <isSpam>false</isSpam>
        <author><name>Bo</name><isAnonymous>true</isAnonymous><email>Bo@mail.example</email></author>
        <thread dsq:id="11"/><parent dsq:id="1"/>
      </post>
      <post dsq:id="1">
        <message><![CDATA[<p>A <b>fine</b> harbour, see <a href="/map">the map</a>.</p>]]></message>
        <createdAt>2020-05-01T10:00:00Z</createdAt><isDeleted>false</isDeleted>
        <isSpam>false</isSpam>
        <author><name>Ada</name><isAnonymous>false</isAnonymous><username>ada</username></author>
        <thread dsq:id="10"/>
      </post>
      <post dsq:id="3">
        <message>Watches!</message>
        <createdAt>2020-05-01T11:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>true</isSpam>
        <author><name>W</name><username>w</username></author><thread dsq:id="10"/>
      </post>
      <post dsq:id="4">
        <message>Regretted.</message>
        <createdAt>2020-05-01T12:00:00Z</createdAt><isDeleted>true</isDeleted><isSpam>false</isSpam>
        <author><name>Cy</name><username>cy</username></author><thread dsq:id="10"/>
      </post>
      <post dsq:id="5">
        <message>To Cy.</message>
        <createdAt>2020-05-01T12:30:00Z</createdAt><isDeleted>false</isDeleted>
        <isSpam>false</isSpam>
        <author><name>Bo</name><isAnonymous>true</isAnonymous><email>bo@mail.example</email></author>
        <thread dsq:id="10"/><parent dsq:id="4"/>
      </post>
      <post dsq:id="6">
        <message>On a page that is not ours.</message>
        <createdAt>2020-05-01T12:30:00Z</createdAt><isSpam>false</isSpam>
        <author><name>Bo</name></author><thread dsq:id="12"/>
      </post>
      <post dsq:id="7">
        <message>When?</message><createdAt>yesterday</createdAt>
        <author><name>Bo</name></author><thread dsq:id="10"/>
      </post>
      <post dsq:id="8">
        <message>To nobody.</message><createdAt>2020-05-01T13:00:00Z</createdAt>
        <author><name>Bo</name></author><thread dsq:id="10"/><parent dsq:id="404"/>
      </post>
    </disqus>
    """

WORDPRESS = """\
    <?xml version="1.0" encoding="UTF-8" ?>
    <rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">
    <channel>
      <title>A blog</title><wp:wxr_version>1.2</wp:wxr_version>
      <item>
        <title>Harbour</title><link>https://news.example/en/harbour/</link>
        <guid>https://news.example/?p=7</guid><wp:post_id>7</wp:post_id>
        {comments}
      </item>
      <item><title>Quiet</title><link>https://news.example/quiet</link></item>
    </channel>
    </rss>
    """
WORDPRESS_COMMENT = """\
    <wp:comment>
      <wp:comment_id>{id}</wp:comment_id>
      <wp:comment_author><![CDATA[{name}]]></wp:comment_author>
      <wp:comment_author_email>{name}@mail.example</wp:comment_author_email>
      <wp:comment_date>2020-05-01 12:00:00</wp:comment_date>
      <wp:comment_date_gmt>2020-05-01 1{id}:00:00</wp:comment_date_gmt>
      <wp:comment_content><![CDATA[{text}]]></wp:comment_content>
      <wp:comment_approved>{state}</wp:comment_approved>
      <wp:comment_type>{kind}</wp:comment_type>
      <wp:comment_parent>{parent}</wp:comment_parent>
      <wp:comment_user_id>0</wp:comment_user_id>
    </wp:comment>
    """


def disqus(folder: Path, text: str = DISQUS) -> Path:
    return _written(folder / "disqus.xml", dedent(text))


def wordpress(folder: Path) -> Path:
    rows = [
        (0, "Ada", "A fine <b>harbour</b>.\nTruly.\n\nAnd so on.", "1", "", 0),
        (1, "Bo", "Not so sure.", "1", "comment", 0),
        (2, "Bo", "To Ada.", "0", "", 1),
        (3, "W", "Watches!", "spam", "", 0),
        (4, "Cy", "Thrown away.", "trash", "", 0),
        (5, "Blog", "[...] see there [...]", "1", "pingback", 0),
    ]
    names = ("id", "name", "text", "state", "kind", "parent")
    comments = [WORDPRESS_COMMENT.format(**dict(zip(names, row, strict=True))) for row in rows]
    return _written(folder / "wxr.xml", dedent(WORDPRESS).format(comments="".join(comments)))


def isso(folder: Path) -> Path:
    file = folder / "comments.db"
    database = sqlite3.connect(file)
    database.executescript(
        """
        CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
        CREATE TABLE comments (
            tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER,
            created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR,
            text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR,
            likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL,
            notification INTEGER DEFAULT 0
        );
        INSERT INTO threads VALUES (1, '/en/harbour/', 'Harbour');
        INSERT INTO comments VALUES
            (1, 1, NULL, 1588327200.5, 1588327260, 1, '192.0.2.0', 'A *fine* harbour.', 'Ada',
             'ada@mail.example', NULL, 3, 1, '', 0),
            (1, 2, 1, 1588327500, NULL, 1, '', 'Not so sure.', 'Bo', NULL, NULL, 0, 0, '', 0),
            (1, 3, NULL, 1588330800, NULL, 2, '', 'Watches!', 'W', NULL, NULL, 0, 0, '', 0),
            (1, 4, NULL, 1588334400, NULL, 4, '', '', NULL, NULL, NULL, 0, 0, '', 0),
            (1, 5, 4, 1588336200, NULL, 1, '', 'To Cy.', 'Bo', NULL, NULL, 0, 0, '', 0);
        """
    )
    database.close()
    return file


def isso_generic(folder: Path) -> Path:
    comment = {"id": 0, "author": "Ada", "email": "", "created": "2020-05-01 10:00:00"}
    pages = [
        {"id": "/en/harbour/", "title": "H", "comments": [{**comment, "text": "A *fine* one."}]}
    ]
    return _written(folder / "generic.json", json.dumps(pages))


def remark42(folder: Path) -> Path:
    def comment(key: str, user: str, typed: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key,
            "pid": "",
            "text": f"<p>{typed}</p>",
            "orig": typed,
            "user": {"name": user, "id": f"email_{user}", "picture": "", "admin": False},
            "locator": {"site": "news", "url": "https://news.example/en/harbour/"},
            "score": 0,
            "votes": {},
            "time": f"2020-05-01T1{key}:00:00.123456789+02:00",
            **more,
        }

    user = {"id": "email_Ada", "details": {"user_id": "email_Ada", "email": "ada@mail.example"}}
    rows = [
        {"version": 1, "users": [user], "posts": []},
        comment("1", "Ada", "A *fine* harbour.", votes={"a": True, "b": True, "c": False}),
        comment("2", "Bo", "Not so sure.", pid="1", edit={"time": "2020-05-01T10:10:00Z"}),
        comment("3", "Cy", "", delete=True, text=""),
        comment("4", "Bo", "To Cy.", pid="3", orig=""),
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    file = folder / "backup.gz"
    file.write_bytes(gzip.compress(lines.encode()))
    return file


def coral(folder: Path) -> Path:
    """As `mongoexport --collection` writes each."""

    def comment(number: int, author: str | None, body: str, **more: Any) -> dict[str, Any]:
        return {
            "_id": {"$oid": f"{number:024}"},
            "id": f"c{number}",
            "storyID": "s1",
            "authorID": author,
            "status": "NONE",
            "revisions": [
                {"id": "r", "body": body, "createdAt": {"$date": "2020-05-01T10:00:00Z"}}
            ],
            "createdAt": {"$date": f"2020-05-01T1{number}:00:00.000Z"},
            "actionCounts": {},
            **more,
        }

    later = {"body": "<div>A <b>fine</b> harbour.</div>", "createdAt": {"$date": 1588327800000}}
    first = comment(1, "ada", "", actionCounts={"REACTION": {"$numberInt": "2"}, "FLAG": 1})
    first["revisions"].append(later)
    rows = {
        "stories": [{"id": "s1", "url": "https://news.example/en/harbour", "siteID": "x"}],
        "users": [
            {"id": "ada", "username": "Ada", "email": "ada@mail.example"},
            {"id": "bo", "username": "Bo"},
        ],
        "comments": [
            comment(2, "bo", "Not so sure.", parentID="c1", status="APPROVED"),
            first,
            comment(3, "bo", "Hm.", status="PREMOD"),
            comment(4, "bo", "Watches!", status="REJECTED"),
            comment(5, None, "", deletedAt={"$date": "2020-06-01T00:00:00Z"}),
        ],
    }
    for name, some in rows.items():
        _written(folder / f"{name}.json", "".join(json.dumps(row) + "\n" for row in some))
    return folder


def commento(folder: Path) -> Path:
    def comment(key: str, who: str, text: str, **more: Any) -> dict[str, Any]:
        return {
            "commentHex": key,
            "domain": "news.example",
            "url": "/en/harbour",
            "commenterHex": who,
            "markdown": text,
            "html": "",
            "parentHex": "root",
            "score": 0,
            "state": "approved",
            "creationDate": f"2020-05-01T1{key}:00:00Z",
            "deleted": False,
            **more,
        }

    document = {
        "version": 1,
        "comments": [
            comment("2", "bo", "Not so sure.", parentHex="1", score=-2),
            comment("1", "ada", "A *fine* harbour.", score=3),
            comment("3", "anonymous", "Watches!", state="unapproved"),
            comment("4", "bo", "Regretted.", deleted=True),
        ],
        "commenters": [
            {"commenterHex": "ada", "email": "ada@mail.example", "name": "Ada"},
            {"commenterHex": "bo", "email": "", "name": "Bo"},
        ],
    }
    return _written(folder / "commento.json", json.dumps(document, indent=2))


def comentario(folder: Path) -> Path:
    def comment(key: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key,
            "pageId": "p",
            "markdown": f"The comment {key}.",
            "createdTime": f"2020-05-01T1{key}:00:00.000Z",
            "score": 0,
            "isApproved": True,
            "isDeleted": False,
            "isPending": False,
            "userCreated": "ada",
            **more,
        }

    document = {
        "version": 3,
        "pages": [{"id": "p", "path": "/en/harbour", "title": "Harbour"}],
        "comments": [
            comment("1", score=4),
            comment("2", parentId="1", isApproved=False, isPending=True),
            comment("3", isApproved=False),
            comment("4", isDeleted=True),
        ],
        "commenters": [{"id": "ada", "name": "Ada", "email": "ada@mail.example"}],
    }
    file = folder / "comentario.json.gz"
    file.write_bytes(gzip.compress(json.dumps(document).encode()))
    return file


def _written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file
