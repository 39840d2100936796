"""Every count is recounted from its rows: what is wrong is found, said and put right."""

import itertools
import json
import threading
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from comments.models import AuthorFigures, Comment, Tally, Thread, ThreadLanguage, ThreadSlot
from comments.services import counting, lifecycle, reactions, votes
from comments.states import Status
from moderation.services import flags
from operations import reconciling
from operations.models import Reconciliation
from tests.factories import CommentFactory, ThreadFactory, UserFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def fold():
    while counting.fold():
        pass


def found():
    return [(each.what, each.cached, each.counted) for each in reconciling.differences()]


def reconcile(*options):
    """The exit code, and what was printed."""
    out = StringIO()
    try:
        call_command("reconcile", *options, stdout=out)
    except CommandError as fault:
        return fault.returncode, out.getvalue() or str(fault)
    return 0, out.getvalue()


@pytest.fixture
def comment():
    """One in a thread where everything has been done that is counted."""
    thread = ThreadFactory()
    author = UserFactory()

    def post(body, parent=None):
        return lifecycle.post(author=author, thread=thread, body=body, parent=parent)

    comment = post("What everybody reads.")
    reply = post("And what is said to it.", comment)
    post("Deeper.", reply)
    lifecycle.move(post("Bad.").pk, Status.REJECTED, actor=None)
    lifecycle.withdraw(post("Regretted.").pk, author=author)
    for value in (1, 1, -1):
        votes.cast(thread_id=thread.pk, comment_id=comment.pk, reader=UserFactory(), value=value)
    for kind in ("funny", "funny", "sad"):
        place = {"thread_id": thread.pk, "comment_id": comment.pk}
        reactions.react(**place, reader=UserFactory(), kind=kind)
    flags.raise_flag(comment=comment, actor=UserFactory(), reason="spam")
    fold()
    return Comment.objects.get(pk=comment.pk)


def test_what_was_counted_by_and_by_is_what_a_recount_says(comment):
    figures = AuthorFigures.objects.get()

    assert (comment.reply_count, comment.up_count, comment.down_count) == (2, 2, 1)
    assert (comment.flag_count, comment.reactions) == (1, {"funny": 2, "sad": 1})
    assert (figures.published_count, figures.rejected_count) == (3, 1)
    assert (figures.withdrawn_count, figures.flag_count) == (1, 1)
    assert found() == []


FUNNY = {"funny": 2}
#: What is planted, and what is found: its name, what was kept, and what its rows say.
PLANTED = {
    "comments": (lambda: Thread.objects.update(comment_count=9), 9, 3),
    "comments by language": (lambda: ThreadLanguage.objects.update(comment_count=9), 9, 3),
    "replies": (lambda: Comment.objects.filter(reply_count=2).update(reply_count=0), 0, 2),
    "up votes": (lambda: Comment.objects.filter(up_count=2).update(up_count=7), 7, 2),
    "down votes": (lambda: Comment.objects.filter(down_count=1).update(down_count=0), 0, 1),
    "reactions": (lambda: Comment.objects.exclude(reactions={}).update(reactions=FUNNY), 0, 1),
    "reports": (lambda: Comment.objects.filter(flag_count=1).update(flag_count=4), 4, 1),
    "published comments": (lambda: AuthorFigures.objects.update(published_count=0), 0, 3),
    "rejected comments": (lambda: AuthorFigures.objects.update(rejected_count=2), 2, 1),
    "withdrawn comments": (lambda: AuthorFigures.objects.update(withdrawn_count=-3), -3, 1),
    "reports of comments": (lambda: AuthorFigures.objects.update(flag_count=5), 5, 1),
    "version slots": (lambda: ThreadSlot.objects.all().delete(), 0, 1),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_error_is_found_and_nothing_else(comment, what):
    plant, kept, counted = PLANTED[what]
    plant()

    code, printed = reconcile()

    assert found() == [(what, kept, counted)]
    assert code == 1
    assert f"{what} of " in printed
    assert "differences found: 1;" in printed


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_error_is_put_right_and_nothing_else_is_touched(comment, what):
    before = figures()
    PLANTED[what][0]()

    code, printed = reconcile("--fix")

    assert code == 0
    assert "differences put right: 1;" in printed
    assert figures() == before
    assert reconcile()[0] == 0
    assert not Tally.objects.exists()


def figures():
    """All that is kept, of everything."""
    columns = ("reply_count", "up_count", "down_count", "flag_count", "reactions")
    of_authors = ("published_count", "rejected_count", "withdrawn_count", "flag_count")
    return (
        list(Thread.objects.values_list("pk", "comment_count").order_by("pk")),
        set(ThreadLanguage.objects.values_list("thread", "language", "comment_count")),
        list(Comment.objects.values_list("pk", *columns).order_by("pk")),
        set(AuthorFigures.objects.values_list("author", "site", *of_authors)),
        set(ThreadSlot.objects.values_list("thread", flat=True).distinct()),
    )


def test_all_errors_at_once_are_found_and_put_right(comment):
    before = figures()
    for plant, _, _ in PLANTED.values():
        plant()

    assert {what for what, _, _ in found()} == set(PLANTED)
    assert reconcile("--fix")[0] == 0
    assert figures() == before
    assert found() == []


def test_figures_of_what_is_not_there_are_taken_away(comment):
    thread = ThreadFactory(site=comment.thread.site)
    ThreadLanguage.objects.create(thread=thread, language="xx", comment_count=3)
    AuthorFigures.objects.create(site=thread.site, author=UserFactory(), rejected_count=2)

    assert found() == [("comments by language", 3, 0), ("rejected comments", 2, 0)]
    assert reconcile("--fix")[0] == 0
    assert found() == []


def test_what_waits_to_be_folded_is_no_difference(comment):
    lifecycle.post(author=comment.author, thread=comment.thread, body="Not folded yet.")
    Comment.objects.filter(pk=comment.pk).update(up_count=0)

    assert found() == [("up votes", 0, 2)]


def test_a_count_below_zero_does_not_stop_the_others(comment):
    Thread.objects.update(comment_count=0)
    lifecycle.withdraw(comment.pk, author=comment.author)
    fold()

    assert Thread.objects.get().comment_count == -1
    assert reconcile("--fix")[0] == 0
    assert Thread.objects.get().comment_count == 2


def test_a_difference_says_whose_it_is(comment):
    Comment.objects.filter(pk=comment.pk).update(up_count=7)
    AuthorFigures.objects.update(rejected_count=2)

    code, printed = reconcile("--json")
    told = json.loads(printed)

    assert code == 1
    assert told["difference_count"] == 2
    assert told["repaired_count"] == 0
    assert told["found"]["up votes"] == told["found"]["rejected comments"] == 1
    votes_differ, rejected_differ = told["differences"]
    site = str(comment.thread.site_id)
    assert votes_differ == {
        "what": "up votes",
        "site": site,
        "thread": str(comment.thread_id),
        "comment": str(comment.pk),
        "cached": 7,
        "waiting": 0,
        "counted": 2,
        "missing": -5,
    }
    assert (rejected_differ["author"], rejected_differ["site"]) == (str(comment.author_id), site)


def test_without_a_difference_the_json_is_whole_as_well(comment):
    code, printed = reconcile("--json")

    assert code == 0
    assert json.loads(printed)["differences"] == []


def test_of_many_differences_the_first_are_printed_and_all_are_in_the_json():
    thread = ThreadFactory()
    for _ in range(25):
        CommentFactory(thread=thread)
    Comment.objects.update(up_count=1)

    printed = reconcile()[1]
    told = json.loads(reconcile("--json")[1])

    assert printed.count("up votes of comment") == 20
    assert "and 5 more" in printed
    assert len(told["differences"]) == 25


def test_only_one_sites_counts_are_put_right_where_one_is_named(comment):
    elsewhere = CommentFactory()
    Thread.objects.update(comment_count=50)

    assert reconcile("--fix", "--site", str(comment.thread.site_id))[0] == 0

    assert Thread.objects.get(pk=comment.thread_id).comment_count == 3
    assert Thread.objects.get(pk=elsewhere.thread_id).comment_count == 50
    assert not Reconciliation.objects.exists()


def test_a_site_that_is_not_there_and_a_database_that_gives_up_are_no_difference(comment):
    code, said = reconcile("--site", "01999999-0000-7000-8000-000000000000")
    assert (code, said) == (2, "There is no site with the id 01999999-0000-7000-8000-000000000000.")

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE comments_vote RENAME TO comments_vote_away")
    try:
        assert reconcile()[0] == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE comments_vote_away RENAME TO comments_vote")


@contextmanager
def beside(*deeds):
    """Each deed is done again and again in a thread of its own; what goes wrong there is raised."""
    over = threading.Event()
    faults = []

    def again_and_again(deed):
        try:
            for number in itertools.takewhile(lambda _: not over.is_set(), itertools.count(1)):
                deed(number)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=again_and_again, args=[deed]) for deed in deeds]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()
    assert faults == []


def test_a_recount_is_right_while_everything_goes_on(comment):
    """Never a difference that is none, and the planted one each time."""
    thread, author = comment.thread, comment.author
    readers = [UserFactory() for _ in range(5)]

    def vote(number):
        reader, value = readers[number % 5], (1, -1, 0)[number % 3]
        votes.cast(thread_id=thread.pk, comment_id=comment.pk, reader=reader, value=value)

    def write(number):
        body = f"Number {number}."
        posted = lifecycle.post(author=author, thread=thread, body=body, parent=comment)
        if number % 2:
            lifecycle.move(posted.pk, Status.REJECTED, actor=None)
        if number % 3 == 0:
            lifecycle.withdraw(posted.pk, author=author)

    with beside(vote, write, lambda _: counting.fold()):
        for _ in range(10):
            assert found() == []
        for _ in range(5):
            Thread.objects.update(comment_count=0)
            assert [what for what, _, _ in found()] == ["comments"]
            assert reconciling.reconcile(fix=True).repaired == 1
            assert found() == []
    fold()
    assert found() == []


def test_two_that_put_right_at_once_do_so_once(comment):
    Thread.objects.update(comment_count=50)

    reports = at_once(*[lambda: reconciling.reconcile(fix=True)] * 2)

    assert sorted(report.repaired for report in reports) == [0, 1]
    assert Thread.objects.get().comment_count == 3


def test_one_that_is_interrupted_has_changed_nothing(comment):
    Thread.objects.update(comment_count=50)

    def interrupt(difference):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconciling.reconcile(fix=True, tell=interrupt)

    assert not Tally.objects.exists()
    assert not Reconciliation.objects.exists()
    assert Thread.objects.get().comment_count == 50


def test_the_nightly_recount_sounds_an_alarm_where_something_differs(comment, caplog):
    Comment.objects.filter(pk=comment.pk).update(up_count=7, down_count=0)

    reconciling.look_after()

    [line] = [each for each in caplog.records if each.levelname == "ERROR"]
    assert "2 counts are not what their rows say (down votes: 1, up votes: 1)" in line.getMessage()
    last = Reconciliation.objects.latest()
    assert (last.difference_count, last.left_count) == (2, 2)
    assert Comment.objects.get(pk=comment.pk).up_count == 7


def test_the_nightly_recount_is_quiet_where_nothing_does(comment, caplog):
    reconciling.look_after()

    assert "ERROR" not in caplog.text
    assert Reconciliation.objects.latest().difference_count == 0


def test_after_putting_right_the_alarm_is_over(comment):
    Comment.objects.filter(pk=comment.pk).update(up_count=7)

    reconcile("--fix")

    last = Reconciliation.objects.latest()
    assert (last.difference_count, last.repaired_count, last.left_count) == (1, 1, 0)
