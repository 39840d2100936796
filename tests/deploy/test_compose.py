"""compose.yaml has the form it should have. Nobody runs it here, and docs/deploy.md says so."""

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.development import PROJECT
from tests.deploy.page import known_variables

#: Given to the containers of PostgreSQL and Valkey; the others get it as part of a URL.
PASSWORDS = {"DATABASE_PASSWORD", "BROKER_PASSWORD", "CACHE_PASSWORD"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def ours(compose) -> dict[str, Any]:
    """The services that run Colloquy's own image."""
    return {
        name: service
        for name, service in compose["services"].items()
        if service["image"] == "colloquy"
    }


def test_each_process_of_up_is_a_service_but_metrics(ours, children):
    """In containers processes have the same ids, by which metrics are told apart."""
    assert set(ours) == {*children, "prepared"} - {"metrics"}


def test_workers_are_started_as_up_starts_them(ours, children):
    for name in ("worker-screening", "worker-network", "worker"):
        assert shlex.split(ours[name]["command"]) == ["celery", *children[name].arguments]


def test_every_command_exists(ours):
    for service in ours.values():
        for command in _commands(service["command"]):
            program, *words = shlex.split(command)
            assert Path(sys.executable).with_name(program).exists()
            if words[:1] == ["-m"]:
                assert find_spec(words[1])
            elif program == "python":
                assert (PROJECT / words[0]).exists()


def test_every_variable_is_one_we_know_and_none_has_a_secret_in_it(compose, ours):
    text = (PROJECT / "compose.yaml").read_text()
    given = set(re.findall(r"\$\{(\w+):\?\}", text))
    set_by_us = {name for service in ours.values() for name in service["environment"]}

    assert set_by_us <= known_variables() | {"COLLOQUY_CHILD"}
    assert given <= known_variables() | PASSWORDS
    assert "$" not in re.sub(r"\$\{\w+:\?\}", "", text.partition("services:")[2])


def test_what_services_lean_on_is_there(compose):
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        kept = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        assert set(kept) <= set(compose["volumes"])


def test_nothing_but_this_machine_reaches_what_is_published(compose):
    published = [port for each in compose["services"].values() for port in each.get("ports", ())]

    assert published == ["127.0.0.1:8000:8000", "127.0.0.1:8001:8001"]


def test_the_image_is_made_of_files_that_are_there(ours):
    build = ours["web"]["build"]

    assert (PROJECT / build["context"] / build["dockerfile"]).is_file()


def _commands(line: str) -> list[str]:
    shell = re.fullmatch(r'sh -c "(.+)"', line)
    return shell[1].split(" && ") if shell else [line]
