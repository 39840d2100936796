"""What all tests share: servers, a clean cache, a browser where there is one."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import parallel, servers
from tests.browser import REQUIRED, Chromium, find_chromium

servers.provide()

import django  # noqa: E402  (its settings read the environment that was just set)

django.setup()

from django.test import TransactionTestCase, client  # noqa: E402  (after the settings)

from common.calls import TwoWays  # noqa: E402  (after the settings)
from config.static import StaticFiles  # noqa: E402  (after the settings)
from tests.emptying import empty  # noqa: E402  (after the settings)


class ClientHandler(TwoWays, client.ClientHandler):
    """Requests of Django's test client go the ways that requests go."""


client.ClientHandler = ClientHandler  # type: ignore[misc]

static_files: dict[str, Any] = {}
find_all = StaticFiles.add_files_from_finders


def find_once(middleware: StaticFiles) -> None:
    """What the first client has found: each test has clients of its own, and a quarter of the time
    of most went into looking for static files.
    """
    if not static_files:
        find_all(middleware)
        static_files.update(middleware.files)
    middleware.files.update(static_files)


StaticFiles.add_files_from_finders = find_once
TransactionTestCase._fixture_teardown = lambda test: empty()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Clone each worker's database from one that was migrated once."""
    from django.db import connection

    connection.settings_dict["TEST"]["TEMPLATE"] = servers.template()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """A server of the run's own is thrown away with all that it holds; others' are left tidy."""
    return servers.template() is not None


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No test finds what another has cached, counted or remembered."""
    from django.core.cache import cache

    from accounts.services import tokens
    from comments import selectors
    from common.cache import circuit
    from publishers.services import cross_origin

    circuit.close()
    cache.clear()
    tokens.forget_all()
    cross_origin.forget_all()
    selectors.forget_threads()


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    """Passwords are hashed quickly, and account pages keep nobody waiting for evenness' sake:
    tests/abuse tests that they do.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EVEN_SECONDS = 0


@pytest.fixture(autouse=True)
def english() -> None:
    """No test speaks the language that another's last request asked for."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session")
def one_chromium() -> Iterator[Chromium]:
    """The browser of this process, for tests marked `requires_browser`. Starting one takes longer
    than most tests do.
    """
    path = find_chromium()
    assert path, "mark the test with requires_browser"
    with Chromium(path) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def browser(one_chromium: Chromium) -> Iterator[Browser]:
    """The browser for a module's tests, which ask no database."""
    with one_chromium.at_hand() as browser:
        yield browser


@pytest.fixture
def chromium(one_chromium: Chromium, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The browser for one test that uses the database beside it."""
    from django.db import connections

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with one_chromium.at_hand() as browser:
        yield browser
        connections.close_all()  # beside Playwright's loop the thread has had another connection


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: parallel.turn_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> parallel.ModulesStayTogether:
    return parallel.ModulesStayTogether(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("requires_browser") and not find_chromium():
        if REQUIRED:
            pytest.fail("REQUIRE_BROWSER=1, but there is no Chromium here.", pytrace=False)
        pytest.skip("no Chromium here")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    without_browser = sum("no Chromium here" in str(report.longrepr) for report in skipped)
    if without_browser:
        text = f"{without_browser} BROWSER TESTS WERE SKIPPED: there is no Chromium here"
        terminalreporter.section(text, yellow=True, bold=True)
