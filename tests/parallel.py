"""How a parallel run is shared out among its processes."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Tests that share an install, each folder one. They take longest.
INSTALLED = ("tests/faults/", "tests/journeys/")
#: Modules that take many seconds each, longest first: begun last, one process would work on alone.
LONG = (
    "tests/operations/test_something_away.py",
    "tests/operations/test_watching.py",
    "tests/abuse/test_matrix.py",
    "tests/accounts/test_ways_in_a_browser.py",
    "tests/moderation/test_hook.py",
    "tests/accounts/test_providers_in_a_browser.py",
    "tests/operations/test_backup.py",
    "tests/widget/test_writing.py",
    "tests/abuse/test_made_up.py",
    "tests/moderation/test_desk_in_a_browser.py",
    "tests/operations/test_reconcile.py",
    "tests/widget/test_page.py",
    "tests/accounts/test_popup_in_a_browser.py",
    "tests/operations/test_embedded.py",
    "tests/edge/test_caches.py",
)


def install_of(test: str) -> str | None:
    """The folder of a test, named by its node id, whose tests share an install."""
    return next((folder for folder in INSTALLED if test.startswith(folder)), None)


def turn_of(test: str) -> int:
    """What takes longest comes first: the processes of a run then end together."""
    orders = (*INSTALLED, *LONG)
    return next((turn for turn, each in enumerate(orders) if test.startswith(each)), len(orders))


class ModulesStayTogether(LoadScopeScheduling):
    """Gives a module's tests to one process, for they share fixtures; and all of an install.

    (The mark `xdist_group` would say the same, but xdist 3.8 loses it under pytest 9.2.)
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return install_of(nodeid) or nodeid.partition("::")[0]
