"""Threads, comments, their revisions and verdicts, votes and reactions."""

from functools import reduce
from operator import or_
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from comments.querysets import SHOWN, CommentQuerySet, ThreadQuerySet
from comments.states import ALLOWED, UNPUBLISHED, Counted, Outcome, Status, ThreadState
from common import clock
from common.ids import new_id
from common.triggers import APPEND_ONLY


class CurrentTransaction(Func):
    """The id of the running transaction, the same inside its savepoints."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


#: The longest wait of slow mode, in seconds.
SLOWEST = 3_600


class Thread(models.Model):
    """The conversation of a page. It knows no article; an article's editions know their thread.

    `comment_count` is folded from `Tally` rows and is at most a second behind. Slow mode is
    set in `services.pace`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey("publishers.Site", models.PROTECT, related_name="threads")
    state = models.CharField(max_length=6, choices=ThreadState, default=ThreadState.OPEN)
    #: Slow mode by hand: how long a reader waits between comments here (0: not at all), and until
    #: when (None: until somebody lifts it).
    slow_seconds = models.PositiveSmallIntegerField(default=0, db_default=0)
    slow_until = models.DateTimeField(null=True, blank=True)
    comment_count = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=ThreadState.values), name="thread_state_known"
            ),
            models.CheckConstraint(
                condition=Q(slow_seconds__lte=SLOWEST), name="slow_mode_of_an_hour_at_most"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ThreadLanguage(models.Model):
    """How many published comments of a thread are in one language. Folded from `Tally` rows."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="languages", db_index=False)
    language = models.CharField(max_length=20)
    comment_count = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["thread", "language"], name="one_count_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.comment_count}"


class ThreadSlot(models.Model):
    """A share of a thread's version. The version is the sum over its slots: writers of a busy
    thread bump one of them each, so that they do not queue for one row.
    """

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="slots", db_index=False)
    slot = models.PositiveSmallIntegerField()
    version = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["thread", "slot"], name="thread_slot_once", include=["version"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}/{self.slot}: {self.version}"


def _in_other_orders() -> list[models.Index]:
    """What a thread is read from by other keys than `created_at` (`ranking`), in one language, and
    where only what is featured is asked for.
    """
    keys: dict[str, str | Func] = {
        "page": "created_at",
        "top": Func("up_count", "down_count", function="comments_top"),
        "best": Func("up_count", "down_count", function="comments_best"),
        "discussed": "reply_count",
    }
    shown = Q(parent=None) & SHOWN
    featured = Q(parent=None, featured=True, status=Status.PUBLISHED)
    kinds = (("", (), shown), ("_language", ("language",), shown), ("_featured", (), featured))
    return [
        models.Index("thread", *also, key, "id", name=f"comment_{name}{kind}", condition=which)
        for kind, also, which in kinds
        for name, key in keys.items()
        if name + kind != "page"
    ]


class Comment(models.Model):
    """A reader's contribution to a thread. Only services.lifecycle writes `status`.

    `body` is the text in force (its `Revision` rows keep all of them). When `status` changes, a
    `StatusChange` is written first (the database insists), `Tally` rows carry the change to the
    counts of the thread and of all ancestors, and the thread's version moves.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="comments", db_index=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replies", db_index=False
    )
    root = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="descendants",
        db_index=False,
        help_text="The top-level comment above a reply.",
    )
    depth = models.PositiveSmallIntegerField(default=0)
    answers = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Whom a reply answers, where nesting was capped and its parent is another.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", db_index=False
    )
    body = models.TextField(help_text="Markdown as typed; shown only through rendering.to_html.")
    body_html = models.TextField()
    renderer_version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=20)
    edition = models.CharField(max_length=20, help_text="The locale of the page it was written on.")
    status = models.CharField(max_length=9, choices=Status)
    featured = models.BooleanField(default=False)
    up_count = models.IntegerField(default=0, editable=False)
    down_count = models.IntegerField(default=0, editable=False)
    reply_count = models.IntegerField(default=0, editable=False)
    flag_count = models.IntegerField(_("reports"), default=0, db_default=0, editable=False)
    reactions = models.JSONField(
        default=dict, db_default={}, editable=False, help_text="How many there are of each kind."
    )
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True, help_text="When the public first saw it.")
    touched_at = models.DateTimeField(help_text="When its author last posted, edited, withdrew.")

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="comment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(parent=None, root=None, depth=0)
                | Q(parent__isnull=False, root__isnull=False, depth__gte=1, depth__lte=50),
                name="comment_place_sound",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | Q(published_at__isnull=False),
                name="comment_published_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["thread", "created_at", "id"],
                name="comment_page",
                condition=Q(parent=None) & SHOWN,
            ),
            *_in_other_orders(),
            models.Index(
                fields=["root", "created_at", "id"],
                name="comment_replies",
                condition=Q(root__isnull=False) & SHOWN,
            ),
            models.Index(fields=["parent"], name="comment_children"),
            models.Index(fields=["author", "thread", "touched_at"], name="comment_own_recent"),
            models.Index(
                fields=["author", "created_at", "id"],
                name="comment_by_author",
                condition=Q(status=Status.PUBLISHED),
            ),
            models.Index(
                fields=["author", "thread"],
                name="comment_own_unpublished",
                condition=Q(status__in=UNPUBLISHED),
            ),
        ]
        triggers: ClassVar = [
            # Immediate: the row in the log is written before the status it explains.
            pgtrigger.Trigger(
                name="status_needs_its_change",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("status"),
                timing=pgtrigger.Immediate,
                condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
                declare=[("last_change", "record")],
                func="""
                    SELECT was, now, transaction INTO last_change
                    FROM comments_statuschange WHERE comment_id = NEW.id
                    ORDER BY number DESC LIMIT 1;
                    IF last_change.now IS DISTINCT FROM NEW.status
                       OR last_change.was IS DISTINCT FROM OLD.status
                       OR last_change.transaction
                          IS DISTINCT FROM pg_current_xact_id()::text::bigint
                    THEN
                        RAISE EXCEPTION
                            'comment %: status % -> % without its change; use lifecycle.move',
                            NEW.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_published(self) -> bool:
        return self.status == Status.PUBLISHED


class Revision(models.Model):
    """One text of a comment, as typed. For moderators; the public only sees "edited".

    `in_force_at` is empty while an edit waits for screening and the text before it is shown.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="revisions", db_index=False)
    number = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["comment", "number"], name="revision_number_once")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="text_is_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__body__df=pgtrigger.F("new__body")),
            ),
            pgtrigger.Protect(name="revision_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id} #{self.number}"


class Verdict(models.Model):
    """What one phase made of one revision: which rule, which version, what score against which
    threshold; or, with phase `none`, which phases had nothing to say. The `final` one ends
    screening by machine. Append-only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="verdicts")
    phase = models.CharField(max_length=50)
    version = models.CharField(max_length=50)
    outcome = models.CharField(max_length=6, choices=Outcome)
    reason = models.CharField(max_length=50, blank=True)
    score = models.FloatField(null=True)
    threshold = models.FloatField(null=True)
    evidence = models.CharField(max_length=200, blank=True)
    final = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision"], condition=Q(final=True), name="one_final_verdict"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="verdict_outcome_known"
            ),
        ]
        triggers: ClassVar = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.phase}: {self.outcome}"


ALLOWED_MOVES = reduce(
    or_, (Q(was=was, now__in=sorted(targets)) for was, targets in ALLOWED.items() if targets)
)


class StatusChange(models.Model):
    """The log of a comment's status: who (nobody: a machine) moved it, from where to where, why.

    Append-only. Written in the transaction that moves the comment, before it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="changes", db_index=False)
    number = models.PositiveSmallIntegerField()
    was = models.CharField(max_length=9, choices=Status)
    now = models.CharField(max_length=9, choices=Status)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=50, blank=True)
    note = models.TextField(blank=True, help_text="A sentence for the author.")
    created_at = models.DateTimeField(auto_now_add=True)
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["comment", "number"], name="change_number_once"),
            models.CheckConstraint(condition=ALLOWED_MOVES, name="change_allowed"),
        ]
        triggers: ClassVar = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.was} → {self.now}"


class RecentPost(models.Model):
    """What was posted just now: so the same text again is the same comment, and no second one.

    `id` is a digest of author, place and text. Forgotten after a while.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    comment = models.ForeignKey(
        Comment, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    posted_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["posted_at"], name="recent_post_by_age")]

    def __str__(self) -> str:
        return str(self.comment_id)


class Provenance(models.Model):
    """Where a comment stood before it came here: in which system, and under which id. What comes
    from there again is known by it. Append-only.
    """

    comment = models.OneToOneField(Comment, models.PROTECT, primary_key=True)
    site = models.ForeignKey("publishers.Site", models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=20)
    source_id = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "source", "source_id"], name="one_comment_per_source_id"
            )
        ]
        triggers: ClassVar = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}"


def _counting(each: str, *, columns: str, values: str, by: str) -> list[pgtrigger.Trigger]:
    """Triggers that write the tallies of a statement's votes or reactions: whoever writes such
    rows, by whatever way, the counts hear of it.
    """
    new, old = f"new_{each}s", f"old_{each}s"
    more = f"SELECT *, 1 AS amount FROM {new}"  # noqa: S608  (names of ours)
    fewer = f"SELECT *, -1 AS amount FROM {old}"  # noqa: S608  (the same)
    ways = (
        (pgtrigger.Insert, more, {"new": new}),
        (pgtrigger.Delete, fewer, {"old": old}),
        (pgtrigger.Update, f"{more} UNION ALL {fewer}", {"new": new, "old": old}),
    )
    return [
        pgtrigger.Trigger(
            name=f"count_{operation}".lower(),
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(**rows),
            func=f"""
            INSERT INTO comments_tally (thread_id, comment_id, {columns}, amount)
            SELECT thread_id, comment.id, {values},
                sum(amount)
            FROM ({changes}) AS {each} JOIN comments_comment AS comment ON comment.id = comment_id
            GROUP BY comment.id, {by};
            RETURN NULL;
        """,  # noqa: S608  (the same)
        )
        for operation, changes, rows in ways
    ]


class Vote(models.Model):
    """A reader's one vote on a comment: 1 or -1; no row is no vote."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="votes")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="votes", db_index=False
    )
    value = models.SmallIntegerField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            # The reader first: the overlay asks for one reader's votes on some comments.
            models.UniqueConstraint(fields=["reader", "comment"], name="one_vote_per_reader"),
            models.CheckConstraint(condition=Q(value__in=(1, -1)), name="vote_value_known"),
        ]
        triggers: ClassVar = _counting(
            "vote",
            columns="language, counted",
            values="'', CASE value WHEN 1 THEN 'up' ELSE 'down' END",
            by="value",
        )

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.value:+d}"


class Reaction(models.Model):
    """A reader's reaction to a comment, one of each kind. The site says which kinds there are."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="+")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reactions", db_index=False
    )
    kind = models.CharField(max_length=20)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            # The reader first, as for votes.
            models.UniqueConstraint(
                fields=["reader", "comment", "kind"], name="one_reaction_of_a_kind"
            )
        ]
        triggers: ClassVar = _counting(
            "reaction",
            columns="language, counted, reaction",
            values="'', 'reactions', kind",
            by="kind",
        )

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.kind}"


class CarriedVotes(models.Model):
    """The votes a comment had where it came from, of which only the sums are known. They count
    like `Vote` rows: a trigger writes the tallies. Append-only.
    """

    comment = models.OneToOneField(
        Comment, models.PROTECT, primary_key=True, related_name="carried_votes"
    )
    up_count = models.PositiveIntegerField(default=0)
    down_count = models.PositiveIntegerField(default=0)

    class Meta:
        triggers: ClassVar = [
            APPEND_ONLY,
            pgtrigger.Trigger(
                name="count_carried",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_sums"),
                func="""
                    INSERT INTO comments_tally (thread_id, comment_id, language, counted, amount)
                    SELECT thread_id, comment.id, '', counted, amount
                    FROM new_sums AS sums
                    JOIN comments_comment AS comment ON comment.id = comment_id
                    CROSS JOIN LATERAL (
                        VALUES ('up', sums.up_count), ('down', sums.down_count)
                    ) AS change (counted, amount)
                    WHERE amount <> 0;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id}: +{self.up_count} -{self.down_count}"


class AuthorFigures(models.Model):
    """How an author's comments on one site fare: how many are published, rejected, withdrawn as
    things stand, and how often readers reported them. Folded from `Tally` rows.
    """

    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="figures", db_index=False
    )
    published_count = models.IntegerField(_("published"), default=0, editable=False)
    rejected_count = models.IntegerField(_("rejected"), default=0, editable=False)
    withdrawn_count = models.IntegerField(_("withdrawn"), default=0, editable=False)
    flag_count = models.IntegerField(_("reports"), default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("author's figures")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["author", "site"], name="one_figures_per_author")
        ]

    def __str__(self) -> str:
        return f"{self.author_id}: {self.published_count}, {self.rejected_count} rejected"


class Tally(models.Model):
    """A change to cached counts, written with what causes it and folded in within a second.

    It changes the counts of all it names: of its thread in its language and of its author, or of
    its comment and author. Rows are only inserted by readers' requests, so that no request waits
    for another's count. They live for a moment: no foreign keys, whose checks would have all
    writers of a busy thread share a lock on its row.
    """

    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    language = models.CharField(max_length=20, blank=True)
    reaction = models.CharField(max_length=20, blank=True, default="", db_default="")
    counted = models.CharField(max_length=9, choices=Counted)
    amount = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.counted} {self.amount:+d}"
