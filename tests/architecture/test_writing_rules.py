"""What no linter sees: who writes a status, and that tasks take ids and lose nothing."""

import ast
from pathlib import Path

import pytest
from celery import current_app

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    "accounts",
    "articles",
    "comments",
    "common",
    "moderation",
    "newsroom",
    "notifications",
    "operations",
    "outbox",
    "publishers",
]


def sources():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def writes_status(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if (
                isinstance(target, ast.Attribute)
                and target.attr == "status"
                and isinstance(target.value, ast.Name)
                and target.value.id == "comment"
            ):
                return True
    return False


def test_only_the_lifecycle_writes_a_comments_status():
    writers = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if writes_status(ast.parse(path.read_text()))
    ]

    assert writers == ["comments/services/lifecycle.py"]


def test_only_consumers_and_tasks_know_celery():
    known = {"outbox/services/waking.py"}
    found = set()
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if path.name == "tasks.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("celery"):
                found.add(name)

    assert found == known


current_app.loader.import_default_modules()
OUR_TASKS = sorted(
    name for name, task in current_app.tasks.items() if task.__module__.split(".")[0] in APPS
)


@pytest.mark.parametrize("name", OUR_TASKS)
def test_a_task_is_kept_until_it_is_done(name):
    task = current_app.tasks[name]

    assert task.acks_late
    assert task.reject_on_worker_lost
    assert task.ignore_result


def test_screening_has_a_queue_of_its_own():
    routes = current_app.conf.task_routes

    assert [name for name in OUR_TASKS if routes.get(name, {}).get("queue") == "screening"] == [
        "screen_comment"
    ]


def test_every_scheduled_task_exists():
    for entry in current_app.conf.beat_schedule.values():
        assert entry["task"] in OUR_TASKS
