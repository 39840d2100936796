"""`manage.py check --deploy`: what is missing or dangerous, a sentence each."""

import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, Error, run_checks
from django.core.management import call_command
from django.db import connection

from operations import embedded
from operations.deployment import addresses, database, files, mail, memory, safety
from operations.development import PROJECT
from tests.cables import MailServer

RANDOM = "fL9vQx2ZrT7mKc4HsW8pJd5NyB3aGe6UoV1iRk0XhCtPzMqE"


def said(found: list[CheckMessage]) -> list[tuple[str, str]]:
    """How bad it is, and under which name."""
    return [
        ("wrong" if isinstance(each, Error) else "unwise", str(each.id).partition(".")[2])
        for each in found
    ]


@pytest.mark.parametrize(
    ("check", "changed", "expected"),
    [
        (addresses.public_address, {}, []),
        (
            addresses.public_address,
            {"PUBLIC_URL": "http://comments.example"},
            [("wrong", "public_url")],
        ),
        (
            addresses.public_address,
            {"PUBLIC_URL": "https://comments.example/thoughts"},
            [("wrong", "public_url")],
        ),
        (
            addresses.public_address,
            {"ALLOWED_HOSTS": ["www.comments.example"]},
            [("wrong", "allowed_hosts")],
        ),
        (addresses.public_address, {"ALLOWED_HOSTS": ["*"]}, [("wrong", "allowed_hosts")]),
        (addresses.live_address, {"LIVE_URL": None}, []),
        (addresses.live_address, {"LIVE_URL": "https://live.example/stream"}, []),
        (addresses.live_address, {"LIVE_URL": "http://live.example"}, [("wrong", "live_url")]),
        (addresses.proxies, {"TRUSTED_PROXIES": 1}, []),
        (addresses.proxies, {"TRUSTED_PROXIES": 0}, [("unwise", "trusted_proxies")]),
        (addresses.networks, {"METRICS_HOST": "10.1.0.5"}, []),
        (addresses.networks, {"METRICS_HOST": "0.0.0.0"}, [("unwise", "metrics_host")]),
        (addresses.networks, {"METRICS_HOST": "0.0.0.0", "METRICS_PORT": None}, []),
        (addresses.networks, {"OUTBOUND_ALLOWED_NETWORKS": [ip_network("10.1.0.0/16")]}, []),
        # everything, hence this machine too; where clouds hand out keys
        (
            addresses.networks,
            {"OUTBOUND_ALLOWED_NETWORKS": [ip_network("0.0.0.0/0"), ip_network("169.254.1.0/24")]},
            [("unwise", "outbound_allowed_networks")] * 2,
        ),
        (safety.environment, {"IN_PRODUCTION": True}, []),
        (safety.environment, {"IN_PRODUCTION": False}, [("wrong", "environment")]),
        (safety.secret_key, {"SECRET_KEY": RANDOM}, []),
        (safety.secret_key, {"SECRET_KEY": "correct horse " * 4}, [("wrong", "secret_key")]),
        (safety.secret_key, {"SECRET_KEY": f"insecure-{RANDOM}"}, [("wrong", "secret_key")]),
        (mail.mail, {"EMAIL_BACKEND": "operations.mail.FolderBackend"}, [("wrong", "mail")]),
    ],
)
def test_each_setting_is_looked_at(settings, check, changed, expected):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://comments.example", [".comments.example"]
    settings.METRICS_PORT = 9100
    for name, value in changed.items():
        setattr(settings, name, value)

    assert said(check()) == expected


def test_passwords_of_servers_are_neither_missing_nor_from_a_book(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "")
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "/var/run/postgresql")
    settings.CELERY_BROKER_URL = "redis://broker.example:6379/0"
    settings.CACHES = {"default": {"LOCATION": "redis://:secret@cache.example:6379/0"}}

    over_a_socket = safety.passwords()
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.example")

    assert said(over_a_socket) == [("unwise", "password"), ("wrong", "password")]
    assert said(safety.passwords()) == [("unwise", "password"), *said(over_a_socket)]


@pytest.mark.django_db
def test_a_database_is_passed_but_for_what_tests_do_with_theirs():
    """They make databases, and break promises for speed."""
    found = {name for _, name in said(database.database())}

    assert found <= {"database_durability", "database_role"}


@pytest.mark.django_db
def test_migrations_that_wait_are_counted():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'outbox'")

    [waiting] = [each for each in database.database() if each.id == "colloquy.migrations"]

    assert waiting.msg.endswith(" migrations wait: run `manage.py migrate`.")


def test_servers_that_are_away_are_a_sentence_each(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {"LOCATION": "redis://127.0.0.1:1/0"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    found = [*memory.broker(), *memory.cache(), *mail.mail()]

    assert said(found) == [("wrong", "broker"), ("wrong", "cache"), ("wrong", "mail")]
    assert all("does not answer" in each.msg for each in found)


def test_a_broker_keeps_and_a_cache_evicts_and_they_are_two(settings, var):
    urls = embedded.ensure(var, durable=False, roles=["BROKER_URL", "CACHE_URL"])
    settings.CELERY_BROKER_URL = urls["BROKER_URL"]
    settings.CACHES = {"default": {"LOCATION": urls["CACHE_URL"]}}
    well = [*memory.broker(), *memory.cache()]

    settings.CELERY_BROKER_URL = urls["CACHE_URL"]
    settings.CACHES = {"default": {"LOCATION": urls["BROKER_URL"]}}
    exchanged = [*memory.broker(), *memory.cache()]
    settings.CELERY_BROKER_URL = urls["BROKER_URL"]
    one = memory.cache()
    embedded.stop(var)

    assert said(well) == [("unwise", "broker_forgets")]  # tests' brokers keep nothing
    assert said(exchanged) == [
        ("wrong", "broker_evicts"),
        ("unwise", "broker_forgets"),
        ("unwise", "cache_unbounded"),
    ]
    assert said(one) == [("wrong", "one_server_for_both")]


def test_a_mail_server_is_asked_and_its_password_stays_off_the_road(settings):
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    well = mail.mail()
    server.end()

    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD = "mail.invalid", "known to all on the way"

    assert well == []
    assert said(mail.mail()) == [("unwise", "mail_in_the_clear"), ("wrong", "mail")]


def test_static_files_are_those_of_this_release(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    none = files.static_files()
    call_command("collectstatic", interactive=False, verbosity=0)
    all_of_them = files.static_files()
    (tmp_path / "accounts/signin.css").write_text("older")

    assert said(none) == [("wrong", "static_files")]
    assert all_of_them == []
    assert files.static_files()[0].msg.startswith("1 static files in ")


def test_files_are_there_and_not_for_everybody(settings, tmp_path, monkeypatch):
    settings.VAR, settings.WIDGET_DIR = tmp_path, tmp_path
    providers, file = tmp_path / "providers.toml", tmp_path / "env"
    monkeypatch.setenv("SIGNIN_PROVIDERS", str(providers))
    monkeypatch.setattr(files, "SETTINGS_FILE", file)
    providers.touch(mode=0o604)
    file.touch(mode=0o644)
    before = [*files.widget(), *files.secrets()]

    tmp_path.chmod(0o707)
    (tmp_path / "colloquy.js").touch()
    providers.chmod(0o640)
    file.chmod(0o600)

    assert said(before) == [("wrong", "widget"), *[("unwise", "open_secrets")] * 2]
    assert said([*files.widget(), *files.state_folder(), *files.secrets()]) == [("wrong", "var")]


def test_the_command_names_them_and_no_other_command_does(var: Path):
    command = [sys.executable, "manage.py", "check", "--deploy"]
    environ = {**os.environ, "COLLOQUY_VAR": str(var), "PUBLIC_URL": "http://comments.example"}

    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True)

    assert done.returncode == 1
    assert "(colloquy.public_url) PUBLIC_URL is http://comments.example: it must " in done.stderr
    assert run_checks(tags=["deployment"]) == []
