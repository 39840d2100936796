"""What all tests share: servers, a clean database a worker, a browser where there is one."""

import os
import shutil

import pytest

from tests import servers

servers.provide()

import django  # noqa: E402  (settings read the environment that was just set)

django.setup()

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REQUIRE_BROWSER = os.environ.get("REQUIRE_BROWSER") == "1"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Clone each worker's database from one that was migrated once."""
    from django.db import connection

    connection.settings_dict["TEST"]["TEMPLATE"] = servers.template()
