"""What a read costs follows from what it shows, never from how much there is.

Every address is asked in a thread of ten comments and in one of twenty thousand: the same queries
in number, and in rows at most four read for each one shown, as PostgreSQL counts them.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.services.counting import SLOTS
from tests.comments.reading_scene import Talk, build

MOST_READ_FOR_ONE_SHOWN = 4
API = "/api/v1"


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
    """One GET: what it answered, in how many queries, reading how many rows."""

    def __init__(self, address: str, talk: Talk, *, signed_in: bool = False, **asked: Any) -> None:
        headers = {"authorization": f"Bearer {talk.token}"} if signed_in else {}
        path = f"{API}{address}?{urlencode(asked, doseq=True)}"
        Client(headers=headers).get(path)  # notes the token's use, which later ones need not
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = Client(headers=headers).get(path)
        assert answer.status_code == 200, answer.content
        self.body = answer.json()
        self.queries = len(captured)
        self.rows_read = sum(rows_read(query["sql"]) for query in captured.captured_queries)


def rows_read(sql: str) -> int:
    """The rows that all scans of a query take up, shown or thrown away."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
    return _read_by((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _read_by(node: dict[str, Any]) -> int:
    read = sum(_read_by(child) for child in node.get("Plans", []))
    if node["Node Type"].endswith("Scan") and node["Node Type"] != "Subquery Scan":
        rows = (
            node["Actual Rows"]
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Index Recheck", 0)
        )
        read += round(rows * node["Actual Loops"])
    return read


def shown(page: dict[str, Any]) -> int:
    """How many comments a page shows, replies included."""
    return sum(1 + len(row.get("replies", {}).get("results", ())) for row in page["results"])


def test_a_threads_head_costs_three_rows_and_its_slots(talk):
    cost = Cost(f"/threads/{talk.thread_id}", talk)

    assert cost.queries == 2
    assert cost.rows_read <= 3 + SLOTS


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_a_page_costs_three_queries(talk, sort):
    cost = Cost(f"/threads/{talk.thread_id}/comments", talk, sort=sort)

    assert cost.queries == 3
    assert cost.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown(cost.body)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [2, 20, 100])
def test_later_pages_cost_what_the_first_costs(talk, sort, limit):
    asked = {"sort": sort, "limit": limit}
    page = Cost(f"/threads/{talk.thread_id}/comments", talk, **asked)

    while page.body["next"] and (limit > 2 or talk.root_id):
        page = Cost(f"/threads/{talk.thread_id}/comments", talk, cursor=page.body["next"], **asked)
        assert page.queries == 3
        assert page.rows_read <= MOST_READ_FOR_ONE_SHOWN * shown(page.body)
        break
