"""A whole install over the run's servers, watched as its operator does: what it says, metrics,
logs, and a worker that hangs.
"""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.ids import new_id
from operations.ports import free_port
from tests.architecture.test_watching import metrics_with_labels
from tests.install import Install, eventually
from tests.servers import OURS, for_an_install

WORDS = "zebracrossing"
ADDRESS = "very.private@mail.example"
READER = "night-owl@readers.example"
STALL_SECONDS = 5


@pytest.fixture(scope="module")
def install() -> Iterator[Install]:
    """An install that serves metrics, logs as in production, and soon takes a worker for idle."""
    folder = Path(tempfile.mkdtemp(prefix="watching-", dir=os.environ[OURS]))
    watched = {
        "METRICS_PORT": str(free_port()),
        "COLLOQUY_LOG_FORMAT": "json",
        "COLLOQUY_LOG_REQUESTS": "all",
        "COLLOQUY_STALL_SECONDS": str(STALL_SECONDS),
    }
    with for_an_install("watched") as environ:
        install = Install(folder, environ | watched)
        install.start()
        yield install
        install.end()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def posted(install: Install) -> dict[str, Any]:
    """A comment with words and an address that belong nowhere else; decided by a machine."""
    token = install.reader_token(READER, site=install.demo["site"]["id"])
    thread = install.demo["article"]["thread"]
    answer = install.client(token).post(
        f"threads/{thread}/comments?secret={WORDS}", {"body": f"{WORDS}! Write to {ADDRESS}"}
    )
    assert answer.status == 201, answer.raw
    undone = "SELECT id FROM outbox_outboxrow WHERE done_at IS NULL"
    eventually(lambda: not install.sql(undone), within=20, what="all work is done")
    return {"request": answer.headers["X-Request-Id"], **answer.json}


def lines(install: Install) -> list[str]:
    return (install.folder / "up.log").read_text().splitlines()


def events(install: Install) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(install) if line.startswith("{")]


def scraped(install: Install) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample that Prometheus would take now."""
    with urlopen(f"http://127.0.0.1:{install.environ['METRICS_PORT']}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }


def test_it_says_where_to_look(install):
    look = f"Front page  {install.base_url}/"

    eventually(lambda: look in [each["event"] for each in events(install)], within=10, what=look)


def test_a_comment_is_found_in_the_log_by_its_ids(install, posted):
    told = events(install)

    [request] = [each for each in told if each.get("request") == posted["request"]]
    assert request["process"] == "web"
    assert request["method"] == "POST"
    assert request["route"] == "api/v1/threads/<uuid:thread_id>/comments"
    assert request["status"] == 201
    assert (request["thread_id"], request["made"]) == (posted["thread"], posted["id"])
    revisions = "SELECT id::text FROM comments_revision WHERE comment_id = %s"
    [(revision,)] = install.sql(revisions, posted["id"])
    [done] = [each for each in told if each.get("revision") == revision]
    assert done["process"] == "worker-screening"
    assert done["task"] == "screen_comment"
    assert done["happened"] == "comments.RevisionSubmitted"
    assert isinstance(done["row"], int)


def test_nothing_that_was_written_is_logged(install, posted):
    token = install.reader_token(READER, site=install.demo["site"]["id"])
    site = install.client(token)
    with urlopen(f"{install.base_url}/accounts/login/?next={WORDS}"):
        pass
    site.get(f"threads/{posted['thread']}/{WORDS}?q={WORDS}")
    site.send("POST", "render", {"body": WORDS}, X_Forwarded_For=ADDRESS, User_Agent=WORDS)
    install.client(f"{token}{WORDS}").post("render", {"body": WORDS})

    said = "\n".join(lines(install))

    assert WORDS not in said
    assert ADDRESS not in said
    assert READER not in said
    assert token not in said
    assert "127.0.0.1:" not in re.sub(r'"event":"(Connected|Front|Desk|Article)[^"]*"', "", said)


def test_every_line_of_a_running_install_is_an_event(install, posted):
    begun = next(
        number for number, line in enumerate(lines(install)) if '"event":"Ready after' in line
    )
    for line in lines(install)[begun:]:
        assert json.loads(line).keys() >= {"timestamp", "level", "process", "event"}, line


def test_a_public_read_has_the_same_headers_for_everyone_and_no_line(install, posted):
    before = len(lines(install))
    answer = install.client().get(f"threads/{posted['thread']}/comments")
    private = install.client().get("me")

    assert answer.status == 200
    assert "X-Request-Id" not in answer.headers
    assert private.headers["X-Request-Id"]
    time.sleep(0.5)
    routes = [json.loads(line).get("route") for line in lines(install)[before:]]
    assert "api/v1/threads/<uuid:thread_id>/comments" not in routes
    assert "api/v1/me" in routes


#: There is no hook here, nobody listens, and no night has passed.
NOT_YET = {
    "colloquy_cdn_keys_total",
    "colloquy_live_events_total",
    "colloquy_live_requests_total",
    "colloquy_outbound_calls_total",
    "colloquy_count_differences",
    "colloquy_reconcile_last_run_timestamp_seconds",
}


def test_every_documented_metric_is_served(install, posted):
    install.client().get(f"threads/{posted['thread']}")

    names = {name for name, _ in scraped(install)}

    for name in metrics_with_labels().keys() - NOT_YET:
        assert names & {name, f"{name}_count"}, name


def test_metrics_tell_what_happened(install, posted):
    def figure(name: str, **labels: str) -> float:
        return scraped(install)[name, tuple(sorted(labels.items()))]

    route = "api/v1/threads/<uuid:thread_id>/comments"
    count = "colloquy_request_duration_seconds_count"
    before = figure(count, route=route, method="POST", status="2xx")
    thread = f"threads/{posted['thread']}"
    tag = install.client().get(thread).headers["ETag"]

    def unchanged() -> bool:
        install.client().send("GET", thread, If_None_Match=tag)
        install.client().get(f"{thread}?edition={new_id()}")  # not from memory: the rest is told
        return figure("colloquy_public_reads_total", answer="unchanged") >= 1

    assert before >= 1
    eventually(unchanged, within=10, what="a read was answered by 304")
    assert figure("colloquy_edge_answers_total", answer="rendered") >= 2
    assert figure("colloquy_dependency_up", dependency="broker") == 1
    assert figure("colloquy_held_comments") >= 1  # the demo has some
    eventually(
        lambda: figure("colloquy_screening_duration_seconds_count") >= 1,
        within=15,
        what="the verdict is seen",
    )


def test_paths_and_methods_that_somebody_made_up_make_no_labels(install, posted):
    for number in range(30):
        install.client().get(f"threads/{WORDS}{number}")
        install.client().send(f"{WORDS.upper()}{number}", "me")

    labels = {label for _, labels in scraped(install) for label in labels}

    assert not [value for _, value in labels if WORDS in value.lower()]
    assert ("route", "none") in labels
    assert ("method", "other") in labels


def test_a_worker_that_hangs_is_noticed_and_started_anew(install, posted):
    token = install.reader_token(READER, site=install.demo["site"]["id"])
    undone = "SELECT id FROM outbox_outboxrow WHERE done_at IS NULL"
    [hanging, *_] = family = install.family("screening")
    for process in family:
        process.suspend()
    install.client(token).post(
        f"threads/{posted['thread']}/comments", {"body": "Is anybody there?"}
    )

    noticed = re.compile(
        r"worker-screening does nothing though work has waited for \d+ s; restarting it"
    )
    eventually(
        lambda: any(noticed.fullmatch(event["event"]) for event in events(install)),
        within=60,
        what="it is noticed",
    )
    hanging.kill()  # as `up` does, some time after it was asked to end: see test_supervisor
    eventually(lambda: not install.sql(undone), within=60, what="another worker did it")
    assert install.family("screening")[0].pid != hanging.pid
