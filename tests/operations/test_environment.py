"""What the environment may say, and what is said about it."""

import re
import subprocess
import sys

import pytest

from config.environment import Misconfigured, read
from operations.development import PROJECT

PRODUCTION = {
    "COLLOQUY_ENV": "production",
    "DATABASE_URL": "postgresql://colloquy:secret@db.example:5432/colloquy",
    "BROKER_URL": "redis://:secret@broker.example:6379/0",
    "CACHE_URL": "rediss://:secret@cache.example:6379/0",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "comments.example,www.comments.example",
    "PUBLIC_URL": "https://comments.example/",
}


@pytest.fixture
def production(monkeypatch, tmp_path):
    """A complete production environment."""
    monkeypatch.setenv("COLLOQUY_VAR", str(tmp_path))
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)


def test_a_complete_production_environment_is_read(production):
    env = read()

    assert env.environment == "production"
    assert env.allowed_hosts == ["comments.example", "www.comments.example"]
    assert env.public_url == "https://comments.example"
    assert env.database["HOST"] == "db.example"
    assert env.email["EMAIL_HOST"] == "localhost"
    assert env.email_from == "Colloquy <noreply@comments.example>"
    assert (env.debug, env.port, env.trusted_proxies, env.rate_limits) == (False, 8000, 0, True)


def test_networks_that_may_be_called_are_listed(production, monkeypatch):
    assert read().outbound_allowed_networks == []

    monkeypatch.setenv("OUTBOUND_ALLOWED_NETWORKS", "10.1.0.0/16, fd00::/8,192.168.1.7")

    assert [str(each) for each in read().outbound_allowed_networks] == [
        "10.1.0.0/16",
        "fd00::/8",
        "192.168.1.7/32",
    ]


@pytest.mark.parametrize(
    ("process", "kept_by_the_server", "kept_by_us"),
    [
        ("web", "statement_timeout=5s -c lock_timeout=2s", 6),  # somebody waits
        ("worker", "statement_timeout=60s -c lock_timeout=20s", 61),
        ("command", "", None),  # nobody may cut a migration short
    ],
)
def test_how_long_a_database_is_waited_for_goes_by_kind_of_process(
    production, monkeypatch, process, kept_by_the_server, kept_by_us
):
    monkeypatch.setenv("DATABASE_LIMITS", process)

    database = read().database

    assert kept_by_the_server in database["OPTIONS"]["options"]
    assert ("timeout" in database["OPTIONS"]["options"]) is bool(kept_by_the_server)
    assert database["PATIENCE_SECONDS"] == kept_by_us


def test_what_the_database_url_says_of_waiting_wins(production, monkeypatch):
    asked = "?connect_timeout=9&options=-c%20statement_timeout%3D30s"
    monkeypatch.setenv("DATABASE_URL", PRODUCTION["DATABASE_URL"] + asked)
    monkeypatch.setenv("DATABASE_LIMITS", "web")

    options = read().database["OPTIONS"]

    assert int(options["connect_timeout"]) == 9
    assert options["options"].endswith("-c statement_timeout=30s"), "the last one stands"


def test_production_is_the_default(production, monkeypatch):
    monkeypatch.delenv("COLLOQUY_ENV")

    assert read().environment == "production"


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"COLLOQUY_ENV"}))
def test_production_has_no_default_for_what_it_stands_on(production, monkeypatch, name):
    monkeypatch.delenv(name)

    with pytest.raises(Misconfigured) as wrong:
        read()

    (problem,) = wrong.value.problems
    assert problem.startswith(f"{name} is not set; it looks like ")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "COLLOQUY_ENV",
            "staging",
            "COLLOQUY_ENV must be development or production, not 'staging'.",
        ),
        (
            "DATABASE_URL",
            "sqlite:///db",
            "DATABASE_URL must be a URL that begins with postgresql://.",
        ),
        ("BROKER_URL", "valkey://host", "BROKER_URL must be a URL that begins with redis://."),
        ("CACHE_URL", "", "CACHE_URL must be a URL that begins with redis://."),
        ("SECRET_KEY", "short", "SECRET_KEY must have 50 characters or more."),
        (
            "SECRET_KEY_FALLBACKS",
            "k" * 50 + ",short",
            "SECRET_KEY_FALLBACKS must list keys of 50 characters or more.",
        ),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS must name a host."),
        ("PUBLIC_URL", "comments.example", "PUBLIC_URL must be a URL that begins with http://."),
        ("LIVE_URL", "live", "LIVE_URL must be a URL that begins with http://."),
        ("PORT", "80000", "PORT must be from 1 to 65534."),
        ("PORT", "http", "PORT is not a valid integer."),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES must be 0 or more."),
        ("EMAIL_URL", "mail", "EMAIL_URL must be a URL that begins with smtp://."),
        ("METRICS_PORT", "0", "METRICS_PORT must be from 1 to 65535."),
        ("COLLOQUY_STALL_SECONDS", "1", "COLLOQUY_STALL_SECONDS must be 5 or more."),
        (
            "COLLOQUY_LOG_FORMAT",
            "xml",
            "COLLOQUY_LOG_FORMAT must be json or words, not 'xml'.",
        ),
        ("DEBUG", "perhaps", "DEBUG is not a valid boolean."),
        ("DEBUG", "on", "DEBUG may be on in development only."),
        ("COLLOQUY_RATE_LIMITS", "off", "COLLOQUY_RATE_LIMITS may be off in development only."),
        (
            "OUTBOUND_ALLOWED_NETWORKS",
            "10.1.0.0/16,10.0.0.1/8",
            (
                "OUTBOUND_ALLOWED_NETWORKS must list networks such as 10.1.0.0/16 or fd00::/8,"
                " not '10.0.0.1/8'."
            ),
        ),
    ],
)
def test_a_wrong_value_is_said_in_one_sentence(production, monkeypatch, name, value, problem):
    monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured) as wrong:
        read()

    assert wrong.value.problems == [problem]


def test_development_reads_what_is_unset_from_its_state_folder(production, monkeypatch, tmp_path):
    (tmp_path / "env").write_text(f"COLLOQUY_ENV='development'\nSECRET_KEY='{'v' * 64}'\n")
    for name in ("COLLOQUY_ENV", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL"):
        monkeypatch.delenv(name)

    env = read()

    assert env.environment == "development"
    assert env.secret_key == "v" * 64
    assert env.public_url == "http://127.0.0.1:8000"
    assert env.allowed_hosts == [".localhost", "127.0.0.1", "[::1]"]
    assert env.email["EMAIL_BACKEND"] == "operations.mail.FolderBackend"


def test_production_ignores_the_state_folder(production, monkeypatch, tmp_path):
    (tmp_path / "env").write_text(f"COLLOQUY_ENV='development'\nSECRET_KEY='{'v' * 64}'\n")

    assert read().secret_key == PRODUCTION["SECRET_KEY"]


def test_a_wrong_environment_ends_a_command_with_code_2_and_no_traceback(production, monkeypatch):
    monkeypatch.setenv("PORT", "0")
    monkeypatch.delenv("SECRET_KEY")

    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "PORT must be from 1 to 65534.",
        "SECRET_KEY is not set; it looks like 50 or more random characters",
        "docs/configuration.md describes each. To try Colloquy: make run",
    ]


def test_every_variable_is_described():
    described = (PROJECT / "docs/configuration.md").read_text()
    code = (PROJECT / "config/environment.py").read_text()

    names = re.findall(r'values\.\w+\(\s*"([A-Z_]+)"', code)

    assert len(names) >= 15
    assert [name for name in names if f"| `{name}` |" not in described] == []


def test_a_cdn_that_is_told_what_to_forget_is_named_with_its_address_and_secret(
    production, monkeypatch
):
    assert read().cdn_purger == "none"

    monkeypatch.setenv("CDN_PURGER", "fastly")
    monkeypatch.setenv("CDN_PURGE_URLS", "http://api.fastly.com/service/1/purge")
    monkeypatch.setenv("CDN_SECONDS", "86400")
    with pytest.raises(Misconfigured) as wrong:
        read()
    assert wrong.value.problems == [
        "CDN_SECONDS must be from 2 to 3600.",
        "CDN_PURGE_URLS must be a URL that begins with https://.",
        "CDN_PURGE_TOKEN is not set; it looks like the secret that the CDN's API asks for",
    ]

    monkeypatch.setenv("CDN_PURGER", "varnish")
    monkeypatch.setenv("CDN_PURGE_URLS", "http://10.1.0.7:6081/, http://10.1.0.8:6081/")
    monkeypatch.delenv("CDN_SECONDS")
    env = read()
    assert env.cdn_purge_urls == ["http://10.1.0.7:6081/", "http://10.1.0.8:6081/"]
    assert (env.cdn_seconds, env.cdn_purge_token) == (60, "")
