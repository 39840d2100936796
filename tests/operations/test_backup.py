"""`backup` and `restore`: as it was at one moment, and nothing is sent a second time."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from comments.models import Comment
from comments.services import lifecycle
from comments.states import Status
from tests.factories import CommentFactory, ReaderFactory

pytestmark = pytest.mark.django_db(transaction=True)


def run(command, *args, **options):
    """What a command prints, read as JSON."""
    told = StringIO()
    call_command(command, *args, json=True, stdout=told, **options)
    return json.loads(told.getvalue())


@pytest.fixture
def parent():
    return CommentFactory(author=ReaderFactory(name="Minji"))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "there.zip"


def test_what_was_backed_up_comes_back(parent, file):
    reply = lifecycle.post(author=ReaderFactory(), thread=parent.thread, parent=parent, body="Yes.")
    report = run("backup", str(file))
    lifecycle.withdraw(reply.pk, author=reply.author)
    CommentFactory(thread=parent.thread)

    run("restore", str(file), replace=True, yes=True)

    assert set(Comment.objects.values_list("pk", "status")) == {
        (parent.pk, Status.PUBLISHED),
        (reply.pk, Status.PUBLISHED),
    }
    print(report)
