"""A comment's life: what a post becomes, what may follow, what the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from comments.models import Comment, StatusChange, Verdict
from comments.screening import Finding, Judged, Screening
from comments.services import counting, lifecycle
from comments.states import ALLOWED, Outcome, Status, ThreadState
from common import clock
from outbox.models import OutboxRow
from publishers.states import Screening as SitePolicy
from tests.factories import (
    CommentFactory,
    ModeratorFactory,
    SiteFactory,
    ThreadFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PASSED = Screening([Judged("repeats", "1", Finding(Outcome.PASS))])
HELD = Screening([Judged("repeats", "1", Finding(Outcome.HOLD, "repeated", 1, 1))])
MANY_LINKS = "https://a.example https://b.example https://c.example"


def screen_first_thread():
    return ThreadFactory(site__screening=SitePolicy.SCREEN_FIRST)


def post(thread=None, body="I was there, and it was loud.", **fields):
    return lifecycle.post(
        author=fields.pop("author", None) or UserFactory(),
        thread=thread or ThreadFactory(),
        body=body,
        **fields,
    )


def conclude(comment, screening=PASSED):
    lifecycle.conclude({lifecycle.latest_revision(comment).pk: screening})
    comment.refresh_from_db()
    return comment


def test_a_post_is_published_at_once_where_the_site_publishes_first():
    comment = post()

    assert comment.status == Status.PUBLISHED
    assert comment.published_at == comment.created_at


def test_a_post_waits_for_the_machine_where_the_site_screens_first():
    comment = post(screen_first_thread())

    assert comment.status == Status.SCREENING
    assert comment.published_at is None


def test_a_post_with_a_finding_is_stored_as_held_with_the_reason():
    comment = post(body=MANY_LINKS)

    assert comment.status == Status.HELD
    last = Verdict.objects.get(revision__comment=comment, final=True)
    assert (last.phase, last.outcome, last.reason) == ("links", "hold", "links")
    assert (last.score, last.threshold) == (3, 2)


def test_a_post_records_its_screening_in_the_same_transaction():
    comment = post()

    row = OutboxRow.objects.get(event="comments.RevisionSubmitted")
    assert row.payload == {"revision": str(comment.revisions.get().pk)}
    assert row.task == "screen_comment"


def test_a_held_post_is_not_screened_again_by_the_worker():
    post(body=MANY_LINKS)

    assert not OutboxRow.objects.filter(event="comments.RevisionSubmitted").exists()


@pytest.mark.parametrize("body", ["", "   \n ", "\u200b\u2060", ">"])
def test_a_post_without_anything_to_read_is_refused(body):
    with pytest.raises(lifecycle.EmptyBody):
        post(body=body)


def test_a_closed_thread_takes_no_post():
    with pytest.raises(lifecycle.ThreadClosed):
        post(ThreadFactory(state=ThreadState.CLOSED))


def test_a_reply_to_what_is_no_longer_public_is_refused():
    parent = CommentFactory(status=Status.HELD)

    with pytest.raises(lifecycle.ParentGone):
        post(parent.thread, parent=parent)


def test_a_reply_into_another_thread_is_refused():
    parent = CommentFactory()

    with pytest.raises(lifecycle.ParentGone):
        post(ThreadFactory(), parent=parent)


def test_a_reply_knows_its_parent_its_root_and_its_depth():
    root = CommentFactory()
    reply = post(root.thread, parent=root)

    deeper = post(root.thread, parent=reply)

    assert (reply.parent, reply.root_id, reply.depth) == (root, root.pk, 1)
    assert (deeper.parent, deeper.root_id, deeper.depth) == (reply, root.pk, 2)


def test_a_reply_is_later_than_its_parent_whatever_the_clocks_say():
    parent = CommentFactory(created_at=clock.now() + timedelta(seconds=30))

    reply = post(parent.thread, parent=parent)

    assert reply.created_at > parent.created_at


def test_replies_below_depth_fifty_join_their_depth_fifty_ancestor_and_say_whom_they_answer():
    thread = ThreadFactory()
    chain = [post(thread)]
    for _ in range(52):
        chain.append(post(thread, parent=Comment.objects.get(pk=chain[-1].pk)))

    fiftieth = chain[50]
    assert fiftieth.depth == 50
    assert fiftieth.answers is None
    assert [each.parent_id for each in chain[51:]] == [fiftieth.pk, fiftieth.pk]
    assert [each.depth for each in chain[51:]] == [50, 50]
    assert chain[52].answers_id == chain[51].pk


def test_a_passed_screening_publishes_what_waited_for_it():
    comment = post(screen_first_thread())

    conclude(comment)

    assert comment.status == Status.PUBLISHED
    assert comment.published_at is not None


def test_a_finding_after_publication_holds_the_comment():
    comment = post()

    conclude(comment, HELD)

    assert comment.status == Status.HELD
    change = comment.changes.get()
    assert (change.was, change.now, change.actor, change.reason) == (
        "published",
        "held",
        None,
        "repeated",
    )


def test_a_screening_concluded_twice_is_concluded_once():
    comment = post(screen_first_thread())
    conclude(comment)

    conclude(comment, HELD)

    assert comment.status == Status.PUBLISHED
    assert comment.changes.count() == 1
    assert Verdict.objects.filter(revision__comment=comment, final=True).count() == 1


def test_a_machine_does_not_override_a_moderator():
    comment = post()
    moderator = ModeratorFactory(site=comment.thread.site)
    lifecycle.move(comment.pk, Status.REJECTED, actor=moderator, reason="abuse")
    lifecycle.move(comment.pk, Status.PUBLISHED, actor=moderator)

    conclude(comment, HELD)

    assert comment.status == Status.PUBLISHED


def test_a_withdrawn_comment_stays_withdrawn_when_its_screening_ends():
    comment = post(screen_first_thread())
    lifecycle.withdraw(comment.pk, author=comment.author)

    conclude(comment)

    assert comment.status == Status.WITHDRAWN


def test_a_withdrawn_comment_cannot_be_published_again():
    comment = CommentFactory(status=Status.WITHDRAWN)

    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.move(comment.pk, Status.PUBLISHED, actor=ModeratorFactory())


def test_a_withdrawal_repeated_changes_nothing():
    comment = post()

    lifecycle.withdraw(comment.pk, author=comment.author)
    lifecycle.withdraw(comment.pk, author=comment.author)

    assert comment.changes.count() == 1


MOVES = [(was, to) for was in Status for to in Status if was != to]


@pytest.mark.parametrize(("was", "to"), MOVES, ids=[f"{was}-{to}" for was, to in MOVES])
def test_only_moves_in_the_table_are_made(was, to):
    comment = CommentFactory(status=was)

    if to in ALLOWED[was]:
        assert lifecycle.move(comment.pk, to, actor=None).status == to
    else:
        with pytest.raises(lifecycle.TransitionRefused):
            lifecycle.move(comment.pk, to, actor=None)


def test_a_move_repeated_is_logged_once():
    comment = CommentFactory()

    lifecycle.move(comment.pk, Status.REJECTED, actor=None, reason="spam")
    lifecycle.move(comment.pk, Status.REJECTED, actor=None, reason="spam")

    assert comment.changes.count() == 1


# -- the database's own guard ------------------------------------------------------------------


def test_a_status_changed_by_update_is_refused():
    comment = CommentFactory()

    with pytest.raises(IntegrityError, match="without its change"):
        Comment.objects.filter(pk=comment.pk).update(status=Status.REJECTED)


def test_a_status_changed_in_bulk_is_refused():
    comment = CommentFactory()
    comment.status = Status.REJECTED

    with pytest.raises(IntegrityError, match="without its change"):
        Comment.objects.bulk_update([comment], ["status"])


def test_a_status_changed_by_plain_sql_is_refused():
    comment = CommentFactory()

    with (
        pytest.raises(IntegrityError, match="without its change"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE comments_comment SET status = 'rejected' WHERE id = %s", [comment.pk]
        )


def test_a_status_saved_on_the_model_is_refused():
    comment = CommentFactory()
    comment.status = Status.WITHDRAWN

    with pytest.raises(IntegrityError, match="without its change"):
        comment.save()


def test_an_old_change_does_not_excuse_a_new_status():
    comment = CommentFactory()
    lifecycle.move(comment.pk, Status.REJECTED, actor=None, reason="spam")

    with pytest.raises(IntegrityError, match="without its change"):
        Comment.objects.filter(pk=comment.pk).update(status=Status.PUBLISHED)


@pytest.mark.django_db(transaction=True)
def test_a_change_of_an_earlier_transaction_does_not_excuse_a_status():
    comment = CommentFactory()
    with transaction.atomic():
        comment.changes.create(number=1, was=Status.PUBLISHED, now=Status.REJECTED)

    with pytest.raises(IntegrityError, match="without its change"):
        Comment.objects.filter(pk=comment.pk).update(status=Status.REJECTED)


def test_a_change_that_is_not_in_the_table_is_refused():
    comment = CommentFactory(status=Status.WITHDRAWN)

    with pytest.raises(IntegrityError, match="change_allowed"):
        comment.changes.create(number=1, was=Status.WITHDRAWN, now=Status.PUBLISHED)


@pytest.mark.parametrize("rewrite", ["update", "delete"])
@pytest.mark.parametrize("log", [StatusChange, Verdict])
def test_logs_are_append_only(log, rewrite):
    comment = post(body=MANY_LINKS)
    lifecycle.move(comment.pk, Status.PUBLISHED, actor=None)
    rows = log.objects.all()

    with pytest.raises(Exception, match="append_only"):
        rows.update(reason="nothing") if rewrite == "update" else rows.delete()


def test_a_revisions_text_cannot_be_rewritten():
    comment = post()

    with pytest.raises(Exception, match="text_is_kept"):
        comment.revisions.update(body="I never said that.")


# -- edits -------------------------------------------------------------------------------------


def test_an_edit_is_in_force_at_once_and_screened_like_a_post():
    comment = post()

    lifecycle.edit(comment.pk, author=comment.author, body="It was *very* loud.")

    comment.refresh_from_db()
    assert comment.body_html == "<p>It was <em>very</em> loud.</p>"
    assert comment.edited_at is not None
    assert OutboxRow.objects.filter(event="comments.RevisionSubmitted").count() == 2


def test_an_edit_under_screen_first_leaves_the_old_text_public_until_a_machine_passed_it():
    comment = conclude(post(screen_first_thread(), body="The first text of this."))

    lifecycle.edit(comment.pk, author=comment.author, body="The second text of this.")

    comment.refresh_from_db()
    assert (comment.status, comment.body) == (Status.PUBLISHED, "The first text of this.")
    conclude(comment)
    assert (comment.status, comment.body) == (Status.PUBLISHED, "The second text of this.")


def test_an_edit_found_wrong_while_the_old_text_is_public_takes_the_comment_away():
    comment = conclude(post(screen_first_thread()))
    lifecycle.edit(comment.pk, author=comment.author, body="Buy this, all of you, now.")

    conclude(comment, HELD)

    assert (comment.status, comment.body) == (Status.HELD, "Buy this, all of you, now.")


def test_an_edit_with_a_finding_of_the_request_is_held():
    comment = post()

    lifecycle.edit(comment.pk, author=comment.author, body=MANY_LINKS)

    comment.refresh_from_db()
    assert comment.status == Status.HELD


def test_the_screening_of_a_text_that_was_edited_since_moves_nothing():
    comment = post(screen_first_thread())
    first = lifecycle.latest_revision(comment)
    lifecycle.edit(comment.pk, author=comment.author, body="Another text, not looked at yet.")

    lifecycle.conclude({first.pk: PASSED})

    comment.refresh_from_db()
    assert comment.status == Status.SCREENING


def test_an_edit_after_the_window_is_refused():
    thread = ThreadFactory(site=SiteFactory(edit_window_seconds=300))
    with clock.standing_at(clock.now() - timedelta(seconds=301)):
        comment = post(thread)

    with pytest.raises(lifecycle.EditWindowOver):
        lifecycle.edit(comment.pk, author=comment.author, body="Too late.")


def test_an_edit_to_the_same_text_makes_no_revision():
    comment = post(body="The same.")

    lifecycle.edit(comment.pk, author=comment.author, body=" The same.\r\n")

    assert comment.revisions.count() == 1


def test_of_two_edits_that_started_from_the_same_text_one_is_refused():
    comment = post()
    seen = comment.touched_at
    lifecycle.edit(comment.pk, author=comment.author, body="First.", touched_at=seen)

    with pytest.raises(lifecycle.ChangedMeanwhile):
        lifecycle.edit(comment.pk, author=comment.author, body="Second.", touched_at=seen)

    comment.refresh_from_db()
    assert comment.body == "First."


def test_a_rejected_comment_cannot_be_edited_back():
    comment = post()
    lifecycle.move(comment.pk, Status.REJECTED, actor=None, reason="abuse")

    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.edit(comment.pk, author=comment.author, body="Nicer now.")


def test_an_edit_into_another_language_moves_the_languages_count():
    comment = post(body="An English sentence.", edition="en")
    lifecycle.edit(comment.pk, author=comment.author, body="이제는 한국어 문장입니다.")
    while counting.fold():
        pass

    counts = comment.thread.languages.filter(comment_count__gt=0)
    assert [(row.language, row.comment_count) for row in counts] == [("ko", 1)]
