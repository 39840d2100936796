"""Metrics, their documentation and the alerts on them name the same things; logs stay discreet."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from common import metrics
from operations import measures
from operations.development import PROJECT
from tests.architecture.test_writing_rules import sources

OPERATIONS = (PROJECT / "docs/operations.md").read_text()
ALERTS = yaml.safe_load((PROJECT / "docs/alerts.yaml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
NAME = re.compile(r"colloquy_[a-z_]+")
#: Where labels come from, so that there are never many: each from a fixed set.
BOUNDED = {
    "route": "the route table, `files`, `none`",
    "method": "HTTP's methods, `other`",
    "status": "five classes",
    "event": "changed, ask, ping",
    "answer": "whole, unchanged; memory, database",
    "outcome": "answered, failed, spared; opened, refused, dropped; purged, lapsed",
    "task": "our Celery tasks",
    "queue": "our queues",
    "dependency": "database, broker, cache",
    "state": "PostgreSQL's words for a connection",
    "release": "the one that runs",
    "python": "the one that runs",
}


def metrics_with_labels() -> dict[str, tuple[str, ...]]:
    """Every metric by the name that Prometheus sees, with its labels."""
    found = {name: labels for name, (_, labels) in measures.GAUGES.items()}
    for module in (metrics, measures):
        for value in vars(module).values():
            if hasattr(value, "_labelnames") and hasattr(value, "describe"):
                [family] = value.describe()
                ending = "_total" if family.type == "counter" else ""
                found[family.name + ending] = tuple(value._labelnames)
    return found


def test_every_metric_is_documented_with_its_labels_and_no_other():
    rows = re.findall(r"^\| `(colloquy_\w+)` \|([^|]*)\|", OPERATIONS, re.MULTILINE)
    documented = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}

    assert documented == metrics_with_labels()


def test_every_label_comes_from_a_small_set():
    used = {label for labels in metrics_with_labels().values() for label in labels}

    assert used == set(BOUNDED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_metrics_and_labels_that_exist(rule):
    known = metrics_with_labels()
    histograms = {f"{name}{end}" for name in known for end in ("_count", "_bucket", "_sum")}
    used = set(NAME.findall(rule["expr"]))
    whole = {name if name in known else name.rpartition("_")[0] for name in used}

    said = f"{rule['expr']} {rule['annotations']}"
    labels = set(re.findall(r"(\w+)=~?\"", rule["expr"]))
    labels |= set(re.findall(r"\$labels\.(\w+)", said))

    assert used <= known.keys() | histograms
    assert labels <= {label for name in whole for label in known[name]}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]


def test_every_alert_is_explained_and_no_other():
    explained = re.findall(r"^\| `(Colloquy\w+)` \| .+ \| .+ \|$", OPERATIONS, re.MULTILINE)

    assert explained == [rule["alert"] for rule in RULES]


def test_expressions_of_alerts_are_balanced():
    for rule in RULES:
        for opening, closing in ("()", "{}", "[]"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing), rule["alert"]


def logging_calls(path: Path) -> list[ast.Call]:
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in levels
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id.lower() in {"log", "logger", "logging"}
    ]


def test_log_sentences_are_whole_so_that_the_formatter_sees_what_goes_into_them():
    """An exception put into a sentence beforehand would bring its words along."""
    made_up = [
        f"{path.relative_to(PROJECT)}:{call.lineno}"
        for path in sources()
        for call in logging_calls(path)
        if call.args and not isinstance(call.args[0], ast.Constant)
    ]

    assert made_up == []


def test_only_the_formatter_hands_exceptions_to_logs_in_words():
    """`str(fault)` in a call would go past it."""
    told = [
        f"{path.relative_to(PROJECT)}:{call.lineno}"
        for path in sources()
        for call in logging_calls(path)
        for argument in call.args[1:]
        if isinstance(argument, ast.Call)
        and isinstance(argument.func, ast.Name)
        and argument.func.id in {"str", "repr"}
    ]

    assert told == []
