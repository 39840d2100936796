"""What a read costs follows from what it shows, never from how much there is.

Every address is asked in a thread of ten comments and in one of twenty thousand: in the same
number of queries, which read at most four rows for each one shown, as PostgreSQL counts them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client

from articles.models import Edition
from comments.models import Comment
from comments.reading import Point, Selection
from comments.services.counting import SLOTS
from comments.states import Sort
from common.cursors import Cursor
from tests.comments.reading_scene import ARTICLE_COUNT, Talk, build

pytestmark = pytest.mark.django_db

API = "/api/v1"
MOST_READ_FOR_ONE_SHOWN = 4
#: Scans of what other scans have read.
PASSED_ON = {"CTE Scan", "Subquery Scan", "WorkTable Scan"}
#: The thread, the slots of its version, and one comment more than is shown.
READ_FOR_A_PAGE = 4 + SLOTS


@pytest.fixture(scope="module")
def talks(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Talk, Talk]]:
    """Built once for this module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(params=["quiet", "busy"])
def talk(request: pytest.FixtureRequest, talks: tuple[Talk, Talk]) -> Talk:
    return talks[request.param == "busy"]


class Cost:
    """One GET: what it answered, in how many queries, reading how many rows (who asks apart)."""

    def __init__(self, address: str, *, token: str = "", **query: Any) -> None:
        client = Client(headers={"authorization": f"Bearer {token}"} if token else {})
        path = f"{API}{address}?{urlencode(query, doseq=True)}"
        client.get(path)  # notes the token's use, which the next need not do
        with noted() as queries:
            answer = client.get(path)
        assert answer.status_code == 200, answer.content
        self.body = answer.json()
        self.queries = len(queries)
        self.rows_read = sum(
            rows_read(sql, values) for sql, values in queries if "accounts_token" not in sql
        )


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """The queries made meanwhile, with their values."""
    queries: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        queries.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield queries


def rows_read(sql: str, values: Any) -> int:
    """The rows that all scans of a query take up, shown or thrown away."""
    with connection.raw_cursor() if "$1" in sql else connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        return _read_by(cursor.fetchone()[0][0]["Plan"])


def _read_by(node: dict[str, Any]) -> int:
    read = sum(_read_by(child) for child in node.get("Plans", ()))
    if not node["Node Type"].endswith("Scan") or node["Node Type"] in PASSED_ON:
        return read
    rows = node.get("Rows Removed by Index Recheck", 0)
    if node["Node Type"] != "Bitmap Heap Scan":  # its rows are those of the index scan below
        rows += node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return read + round(rows * node["Actual Loops"])


def shown_in(page: dict[str, Any]) -> int:
    """How many comments a page shows, replies included."""
    return sum(1 + len(row.get("replies", {}).get("results", ())) for row in page["results"])


def cursor_after(talk: Talk, number: int, selection: Selection) -> str:
    """A cursor behind so many top-level comments (or all but one) of a thread, by their age."""
    roots = Comment.objects.published().filter(thread=talk.thread_id).top_level()
    order = "created_at" if selection.sort == Sort.OLDEST else "-created_at"
    place = roots.order_by(order)[min(number, roots.count() - 1) - 1]
    keys = {Sort.TOP: "0.2", Sort.DISCUSSED: "0", Sort.BEST: "-1"}
    key = keys.get(selection.sort, place.created_at.isoformat())
    point = Point(key, str(place.pk), number, after=True)
    points = (None, point) if selection.sort == Sort.BEST else (point,)
    return str(Cursor(selection.scope, points))


def test_a_threads_head_costs_two_queries_and_no_comment(talk):
    cost = Cost(f"/threads/{talk.thread_id}")

    assert cost.queries == 2
    assert cost.rows_read <= 2 + SLOTS + len(cost.body["languages"])  # with the site


@pytest.mark.parametrize(
    "which",
    [{}, {"language": "en"}, {"featured": "true"}, {"language": "en", "featured": "true"}],
)
@pytest.mark.parametrize("sort", Sort.values)
def test_a_page_costs_one_query(talk, sort, which):
    cost = Cost(f"/threads/{talk.thread_id}/comments", sort=sort, **which)

    assert cost.queries == 1
    assert cost.body["results"]
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown_in(cost.body) + READ_FOR_A_PAGE


@pytest.mark.parametrize("sort", Sort.values)
@pytest.mark.parametrize(("page", "limit"), [(2, 8), (900, 8), (50, 100)])
def test_a_later_page_costs_what_the_first_one_does(talk, sort, page, limit):
    cursor = cursor_after(talk, (page - 1) * limit, Selection(talk.thread_id, Sort(sort)))

    cost = Cost(f"/threads/{talk.thread_id}/comments", sort=sort, limit=limit, cursor=cursor)

    assert cost.queries == 1
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown_in(cost.body) + READ_FOR_A_PAGE


@pytest.mark.parametrize("sort", Sort.values)
def test_the_page_round_a_comment_costs_three_queries(talk, sort):
    cost = Cost(f"/threads/{talk.thread_id}/comments/{talk.root_id}/context", sort=sort)

    assert cost.queries == 3
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown_in(cost.body) + 3 * READ_FOR_A_PAGE


def test_replies_cost_one_query(talk):
    first = Cost(f"/threads/{talk.thread_id}/comments/{talk.root_id}/replies", limit=3)
    later = Cost(
        f"/threads/{talk.thread_id}/comments/{talk.root_id}/replies",
        limit=20,
        cursor=first.body["next"] or "",
    )

    for cost in (first, later):
        assert cost.queries == 1
        assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown_in(cost.body) + READ_FOR_A_PAGE


def test_one_comment_costs_one_query(talk):
    cost = Cost(f"/threads/{talk.thread_id}/comments/{talk.root_id}")

    shown = shown_in({"results": [cost.body]})
    assert cost.queries == 1
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown + READ_FOR_A_PAGE


def test_a_lookup_with_comments_costs_four_queries(talk):
    cost = Cost("/threads/lookup", url=talk.edition.url, comments=20)

    head = 3 + 1 + SLOTS  # edition, article, thread; the thread with its version
    shown = shown_in(cost.body["comments"])
    assert cost.queries == 4
    assert cost.rows_read <= head + MOST_READ_FOR_ONE_SHOWN * shown + READ_FOR_A_PAGE


def test_counts_by_id_cost_a_query(talks):
    ids = Edition.objects.order_by("url").values_list("thread", flat=True).distinct()[:98]

    cost = Cost("/counts", thread=[*ids, *(talk.thread_id for talk in talks)])

    assert cost.queries == 1
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * len(cost.body["results"])


def test_counts_by_address_cost_a_query(talks):
    others = Edition.objects.order_by("url").values_list("url", flat=True)[:23]

    cost = Cost("/counts", url=[*others, *(talk.edition.url for talk in talks)])

    assert cost.queries == 1
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * len(cost.body["results"])


def test_related_articles_cost_five_queries_however_much_they_are_discussed(talks):
    costs = [Cost(f"/articles/{talk.edition.article_id}/related", edition="ko") for talk in talks]

    assert [cost.queries for cost in costs] == [5, 5]
    assert costs[0].rows_read == costs[1].rows_read
    assert costs[0].rows_read < ARTICLE_COUNT / 5
    assert [len(cost.body["results"]) for cost in costs] == [6, 6]


def test_the_overlay_costs_five_queries(talk):
    page = Cost(f"/threads/{talk.thread_id}/comments").body
    replies = [reply for row in page["results"] for reply in row["replies"]["results"]]
    ids = [row["id"] for row in (*page["results"], *replies)]

    cost = Cost(f"/me/threads/{talk.thread_id}", token=talk.token, comments=",".join(ids))

    shown = len(cost.body["votes"]) + len(cost.body["own"])
    assert len(cost.body["own"]) == 3
    assert cost.queries == 5
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown
