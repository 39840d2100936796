"""What stands in the database before the first request: sites, readers with tokens, threads,
comments to vote on. Made in bulk through the models. Import it once the stage is open.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from accounts.models import Token, User
from accounts.services import tokens
from accounts.states import TokenKind
from bench import words
from comments import rendering
from comments.models import Comment, Thread
from comments.states import Status
from common import clock
from publishers.models import Site
from publishers.services import sites
from publishers.states import Screening


@dataclass
class Ground:
    """A site with what a load needs: tokens of its readers (texts), threads."""

    site: Site
    readers: list[User]
    tokens: list[str]
    threads: list[Thread]


def lay(*, readers: int, threads: int, screening: Screening = Screening.PUBLISH_FIRST) -> Ground:
    """A site under `screening` with so many readers, each with a token, and threads."""
    site, _ = sites.create(name="Bench", origins=["https://bench.example"], screening=screening)
    people = [
        User(
            email=f"reader-{number}@{site.pk}.example",
            name=f"Reader {number}",
            password=make_password(None),
        )
        for number in range(readers)
    ]
    User.objects.bulk_create(people, batch_size=2_000)
    texts = [tokens.PREFIXES[TokenKind.READER] + secrets.token_urlsafe(32) for _ in people]
    now = clock.now()
    Token.objects.bulk_create(
        [
            Token(
                kind=TokenKind.READER,
                digest=tokens.digest(text),
                user=person,
                site=site,
                credentials=person.get_session_auth_hash(),
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
            for person, text in zip(people, texts, strict=True)
        ],
        batch_size=2_000,
    )
    return Ground(
        site, people, texts, Thread.objects.bulk_create(Thread(site=site) for _ in range(threads))
    )


def publish_comments(ground: Ground, *, author: User, each: int) -> list[Comment]:
    """So many published comments in each thread, by one author."""
    bodies = words.bodies("ground")
    now = clock.now()
    rows = []
    for thread in ground.threads:
        for _ in range(each):
            body = next(bodies)
            rows.append(
                Comment(
                    thread=thread,
                    author=author,
                    body=body,
                    body_html=rendering.to_html(body),
                    renderer_version=rendering.RENDERER_VERSION,
                    language="en",
                    edition="en",
                    status=Status.PUBLISHED,
                    created_at=now,
                    published_at=now,
                    touched_at=now,
                )
            )
    return Comment.objects.bulk_create(rows, batch_size=2_000)
