"""A quiet thread and a busy one on one site, for measuring what reads cost in each."""

from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.services import tokens
from articles.models import Article, Edition, RelatedLink
from comments.models import Comment, Thread
from comments.services import lifecycle
from comments.states import Status
from publishers.models import Site
from tests.factories import (
    CommentFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
    VerdictFactory,
)

QUIET, BUSY = 10, 20_000
READERS = 1_000
ARTICLE_COUNT = 2_000
READ = [
    model._meta.db_table
    for model in (
        *apps.get_app_config("comments").get_models(),
        Article,
        Edition,
        RelatedLink,
        User,
    )
]


@dataclass(frozen=True)
class Talk:
    """A thread with its page, and a reader who takes part in it."""

    edition: Edition
    root_id: UUID
    reader: User
    token: str

    @property
    def thread_id(self) -> UUID:
        return self.edition.thread_id


def talk(article: Article, *, comments: int) -> Talk:
    """A thread of so many comments by many readers. Three in five are replies, half of them below
    the first comment. The reader voted on every second comment, wrote one in thirty, and has
    three that are not public.
    """
    edition = article.editions.get(locale="en")
    reader = ReaderFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # no request makes so much at once
        cursor.execute(COMMENTS, {"thread": edition.thread_id, "comments": comments})
        cursor.execute(REVISIONS, [edition.thread_id])
        cursor.execute(VERDICTS, [edition.thread_id])
        cursor.execute(CHANGES, [edition.thread_id])
        cursor.execute(VOTES, {"thread": edition.thread_id, "reader": reader.pk})
        cursor.execute(OLD_OWN, {"thread": edition.thread_id, "reader": reader.pk})
        cursor.execute("ANALYZE comments_comment")
        cursor.execute(COUNTS, {"thread": edition.thread_id, "comments": comments})
    first = Comment.objects.filter(thread=edition.thread_id).order_by("created_at")[0]
    _say_what_is_not_public(edition.thread, reader, article.site)
    return Talk(edition, first.pk, reader, tokens.issue_reader(user=reader, site=article.site)[1])


def _say_what_is_not_public(thread: Thread, reader: User, site: Site) -> None:
    CommentFactory(thread=thread, author=reader, status=Status.SCREENING)
    VerdictFactory(comment=CommentFactory(thread=thread, author=reader, status=Status.HELD))
    rejected = CommentFactory(thread=thread, author=reader, status=Status.HELD)
    VerdictFactory(comment=rejected)
    moderator = ModeratorFactory(site=site)
    lifecycle.move(rejected.pk, Status.REJECTED, actor=moderator, reason="spam")


def build() -> tuple[Talk, Talk]:
    """The quiet thread and the busy one, with the planner's statistics up to date."""
    site = SiteFactory(origins=["https://news.example"])
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [READERS])
        cursor.execute(ARTICLES, {"site": site.pk, "articles": ARTICLE_COUNT})
    articles = list(Article.objects.order_by("external_id")[:10])
    for article in articles[:2]:
        for edition in article.editions.all():
            for position, other in enumerate(articles[2:8]):
                RelatedLink.objects.create(
                    edition=edition, position=position, external_id=other.external_id
                )
    built = talk(articles[0], comments=QUIET), talk(articles[1], comments=BUSY)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"ANALYZE {', '.join(READ)}")
    return built


PEOPLE = """
    INSERT INTO accounts_user (id, email, name, name_made_up, locale, is_staff, is_active,
        is_superuser, password, joined_at)
    SELECT gen_random_uuid(), 'crowd' || n || '@mail.example', 'Crowd ' || n, false, 'en', false,
        true, false, '!', now()
    FROM generate_series(1, %s) n
"""
ARTICLES = """
    INSERT INTO comments_thread (id, site_id, state, comment_count, created_at)
    SELECT md5('thread ' || n)::uuid, %(site)s, 'open', 0, now()
    FROM generate_series(1, %(articles)s) n;
    INSERT INTO comments_threadlanguage (thread_id, language, comment_count)
    SELECT md5('thread ' || n)::uuid, 'en', 7 FROM generate_series(1, %(articles)s) n;
    INSERT INTO comments_threadslot (thread_id, slot, version)
    SELECT md5('thread ' || n)::uuid, slot, 3
    FROM generate_series(1, %(articles)s) n, generate_series(0, 7) slot;
    INSERT INTO articles_article (id, site_id, external_id, authors, topics, ai_generated,
        disclosure, sources, comments, split_threads, created_at, updated_at)
    SELECT md5('article ' || n)::uuid, %(site)s, 'story-' || n, '[]', '[]', false,
        '', '[]', 'open', false, now(), now()
    FROM generate_series(1, %(articles)s) n;
    INSERT INTO articles_edition (id, article_id, thread_id, locale, position, url, url_key, title,
        standfirst, sections)
    SELECT gen_random_uuid(), md5('article ' || n)::uuid, md5('thread ' || n)::uuid, locale, 0,
        'https://' || page, page, 'Story ' || n, '', '[]'
    FROM generate_series(1, %(articles)s) n, unnest(array['en', 'ko']) locale,
        LATERAL (SELECT 'news.example/' || locale || '/story-' || n AS page) address
"""
COMMENTS = """
    WITH people AS (
        SELECT id, row_number() OVER () - 1 AS number FROM accounts_user WHERE email LIKE 'crowd%%'
    ), placed AS (
        SELECT n, now() - interval '30 days' + n * interval '1 s' AS moment,
            CASE WHEN n %% 5 IN (0, 3) THEN NULL WHEN n %% 2 = 0 THEN 0 ELSE n - n %% 5 END AS root
        FROM generate_series(0, %(comments)s - 1) n
    )
    INSERT INTO comments_comment (id, thread_id, parent_id, root_id, depth, author_id, body,
        body_html, renderer_version, language, edition, status, featured, up_count, down_count,
        reply_count, created_at, published_at, touched_at)
    SELECT md5(%(thread)s || ' ' || n)::uuid, %(thread)s, md5(%(thread)s || ' ' || root)::uuid,
        md5(%(thread)s || ' ' || root)::uuid, (root IS NOT NULL)::int, people.id, 'So it is.',
        '<p>So it is.</p>', 1, 'en', 'en', 'published', n %% 10 = 0, 1 + n %% 7, n %% 3, 0, moment,
        moment, moment
    FROM placed JOIN people ON people.number = n %% (SELECT count(*) FROM people)
"""
REVISIONS = """
    INSERT INTO comments_revision (id, comment_id, number, body, created_at, in_force_at)
    SELECT gen_random_uuid(), id, 1, body, created_at, created_at
    FROM comments_comment WHERE thread_id = %s AND date_part('second', created_at)::int %% 6 = 0
"""
VERDICTS = """
    INSERT INTO comments_verdict (id, revision_id, phase, version, outcome, reason, evidence, final,
        created_at)
    SELECT gen_random_uuid(), revision.id, 'none', '1', 'pass', '', '', true, now()
    FROM comments_revision revision JOIN comments_comment comment ON comment.id = comment_id
    WHERE thread_id = %s
"""
CHANGES = """
    INSERT INTO comments_statuschange (id, comment_id, number, was, now, reason, note, created_at)
    SELECT gen_random_uuid(), comment.id, 1, 'screening', 'published', '', '', now()
    FROM comments_revision revision JOIN comments_comment comment ON comment.id = comment_id
    WHERE thread_id = %s
"""
VOTES = """
    INSERT INTO comments_vote (comment_id, reader_id, value, created_at)
    SELECT id, %(reader)s, 1, now() FROM (
        SELECT id, row_number() OVER (ORDER BY created_at) AS number
        FROM comments_comment WHERE thread_id = %(thread)s
    ) numbered WHERE number %% 2 = 0
"""
OLD_OWN = """
    UPDATE comments_comment SET author_id = %(reader)s
    WHERE thread_id = %(thread)s AND date_part('second', created_at)::int %% 30 = 7
"""
COUNTS = """
    UPDATE comments_comment root SET reply_count = replies.count FROM (
        SELECT root_id, count(*) FROM comments_comment WHERE thread_id = %(thread)s GROUP BY root_id
    ) replies WHERE replies.root_id = root.id;
    UPDATE comments_thread SET comment_count = %(comments)s WHERE id = %(thread)s
"""
