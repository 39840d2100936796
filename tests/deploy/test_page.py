"""docs/deploy.md speaks of what is there. Whether it works is tried by `make deploy-walk`."""

import re

import pytest
from django.core.management import get_commands

from operations.development import PROJECT
from tests.deploy import page, units

#: Without these no production process starts.
NEEDED = {"DATABASE_URL", "BROKER_URL", "CACHE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL"}


@pytest.fixture(scope="module")
def commands() -> str:
    return "\n".join(block.commands for block in page.blocks())


def test_the_settings_it_writes_are_ours_and_enough(commands):
    [file] = re.findall(r"<<EOF\n(.*?)^EOF$", commands, re.MULTILINE | re.DOTALL)
    written = {line.partition("=")[0] for line in file.splitlines()}

    assert NEEDED <= written <= page.known_variables()


def test_the_units_it_names_are_there():
    named = set(re.findall(r"`(colloquy[a-z-]*(?:\.[a-z]+)?)`", page.PAGE.read_text()))
    there = {*units.names(), *(name.partition(".")[0] for name in units.names())}

    assert len(named) > len(units.names()) / 2
    assert named <= there


def test_the_commands_of_ours_that_it_runs_are_there(commands):
    named = set(re.findall(r"^colloquy ([a-z_]+)", commands, re.MULTILINE))

    assert {"migrate", "check"} <= named <= set(get_commands())


def test_the_files_it_installs_are_there(commands):
    named = set(re.findall(r"\bdeploy/[\w./-]+", commands))

    assert [name for name in named if not (PROJECT / name).exists()] == []
