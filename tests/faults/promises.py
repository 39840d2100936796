"""What was promised, looked up in the database and the mail folder."""

import email
import email.policy
import re
import time
from collections import Counter

from tests.faults.figures import Figures
from tests.faults.load import Load
from tests.install import Install, eventually

KEY = re.compile(r"\b[0-9a-f]{32}\b")

UNDECIDED = """
    SELECT count(*) FROM comments_revision revision JOIN comments_comment comment
    ON comment.id = revision.comment_id WHERE comment.thread_id = %s AND NOT EXISTS
    (SELECT FROM comments_verdict WHERE revision_id = revision.id AND final)
"""
DECIDED = """
    SELECT count(*) FROM comments_comment comment WHERE thread_id = %s AND 1 =
    (SELECT count(*) FROM comments_verdict verdict JOIN comments_revision revision
     ON revision.id = verdict.revision_id WHERE revision.comment_id = comment.id AND final)
"""
OPEN = "SELECT count(*) FROM outbox_outboxrow WHERE done_at IS NULL AND set_aside_at IS NULL"
LEFT = """
    SELECT consumer, attempts, fault, count(*) FROM outbox_outboxrow
    WHERE done_at IS NULL AND set_aside_at IS NULL GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 5
"""
SET_ASIDE = "SELECT consumer, fault FROM outbox_outboxrow WHERE set_aside_at IS NOT NULL"
#: Replies that are public, by somebody else than whom they answer, with the notices of each.
TOLD = """
    SELECT reply.id, left(reply.body, 32), count(notice.id) FROM comments_comment reply
    JOIN comments_comment parent ON parent.id = reply.parent_id
    LEFT JOIN notifications_notice notice
        ON notice.cause = 'reply:' || reply.id AND notice.reader_id = parent.author_id
    WHERE reply.thread_id = %s AND reply.status = 'published'
        AND parent.author_id <> reply.author_id
    GROUP BY reply.id
"""
#: Every cached number that differs from its rows.
DRIFTED = """
    SELECT 'comments of thread ' || thread.id, comment_count::bigint, count(comment.id)
    FROM comments_thread thread LEFT JOIN comments_comment comment
        ON comment.thread_id = thread.id AND status = 'published'
    GROUP BY thread.id HAVING comment_count <> count(comment.id)
  UNION ALL
    SELECT 'comments in ' || coalesce(kept.language, found.language),
        coalesce(kept.comment_count, 0), coalesce(found.comments, 0)
    FROM (SELECT * FROM comments_threadlanguage WHERE comment_count <> 0) kept FULL JOIN
        (SELECT thread_id, language, count(*) comments FROM comments_comment
         WHERE status = 'published' GROUP BY 1, 2) found
        ON found.thread_id = kept.thread_id AND found.language = kept.language
    WHERE kept.comment_count IS DISTINCT FROM found.comments
  UNION ALL
    SELECT 'votes on ' || comment.id, up_count * 1000000 + down_count,
        count(vote.id) FILTER (WHERE value = 1) * 1000000 + count(vote.id) FILTER (WHERE value = -1)
    FROM comments_comment comment LEFT JOIN comments_vote vote ON vote.comment_id = comment.id
    GROUP BY comment.id HAVING up_count <> count(vote.id) FILTER (WHERE value = 1)
        OR down_count <> count(vote.id) FILTER (WHERE value = -1)
  UNION ALL
    SELECT 'reactions to ' || coalesce(kept.id, found.id) || ' ' || coalesce(kept.kind, found.kind),
        coalesce(kept.amount, 0), coalesce(found.amount, 0)
    FROM (SELECT id, key kind, value::bigint amount
          FROM comments_comment CROSS JOIN jsonb_each_text(reactions)) kept FULL JOIN
        (SELECT comment_id id, kind, count(*) amount FROM comments_reaction GROUP BY 1, 2) found
        ON found.id = kept.id AND found.kind = kept.kind
    WHERE kept.amount IS DISTINCT FROM found.amount
  UNION ALL
    SELECT 'replies to ' || comment.id, comment.reply_count, coalesce(below.replies, 0)
    FROM comments_comment comment LEFT JOIN (
        WITH RECURSIVE up AS (
            SELECT parent_id above FROM comments_comment
            WHERE status = 'published' AND parent_id IS NOT NULL
          UNION ALL
            SELECT parent_id FROM comments_comment JOIN up ON id = up.above
            WHERE parent_id IS NOT NULL
        ) SELECT above, count(*) replies FROM up GROUP BY above
    ) below ON below.above = comment.id
    WHERE comment.reply_count <> coalesce(below.replies, 0)
"""


def settled(install: Install, thread: str, *, since: float, within: float) -> float:
    """Wait until every text of the thread is decided and no work is left anywhere. Gives the
    seconds from `since` (monotonic) to then.
    """
    left = within - (time.monotonic() - since)
    eventually(lambda: _count(install, UNDECIDED, thread) == 0, within=left, what="all is decided")
    left = within - (time.monotonic() - since)
    try:
        eventually(lambda: _count(install, OPEN) == 0, within=left, what="no work is left")
    except AssertionError as fault:
        raise AssertionError(f"{fault}: {install.sql(LEFT)}") from None
    return time.monotonic() - since


def kept(install: Install, load: Load, found: Figures) -> None:
    """Fill the figures of a load that has settled; fail where a promise was broken."""
    stored = dict(
        install.sql(
            "SELECT id::text, left(body, 32) FROM comments_comment WHERE thread_id = %s",
            load.thread,
        )
    )
    keys = {thought.key for thought in load.thoughts}
    copies = Counter(key for key in stored.values() if key in keys)
    told = install.sql(TOLD, load.thread)
    mails = mailed(install)
    found.sent = len(load.thoughts)
    found.acknowledged = len(load.acknowledged)
    found.lost = sum(stored.get(each) != key for key, each in load.acknowledged.items())
    found.doubled = sum(count - 1 for count in copies.values())
    found.doubled += sum(max(0, mails[key] - 1) for _, key, _ in told)
    bases = len(stored) - sum(copies.values())
    found.decided = _count(install, DECIDED, load.thread) - bases
    assert (found.lost, found.doubled) == (0, 0), found
    assert found.sent == found.acknowledged == found.decided, found
    assert [row for row in told if row[2] != 1] == []
    assert [key for _, key, _ in told if mails[key] > 1] == []
    assert install.sql(SET_ASIDE) == []
    found.beside += f"; {len(told)} notices, {sum(bool(mails[key]) for _, key, _ in told)} mails"
    found.beside = found.beside.removeprefix("; ")


def exact(install: Install) -> None:
    """Fail unless every count is what its rows say, once what was written down is added up."""
    try:
        eventually(lambda: not install.sql(DRIFTED), within=15, what="counts are exact")
    except AssertionError as fault:
        raise AssertionError(f"{fault}: {install.sql(DRIFTED)[:5]}") from None


def mailed(install: Install) -> Counter[str]:
    """How often a mail quoted a thought, by its key."""
    found: Counter[str] = Counter()
    for path in (install.folder / "mail").glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        found.update(set(KEY.findall(mail.get_content())))
    return found


def _count(install: Install, statement: str, *values: str) -> int:
    [(count,)] = install.sql(statement, *values)
    return count
