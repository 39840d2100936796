"""How a parallel run is shared out among its processes."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

JOURNEYS = "tests/journeys/"


def is_journey(test: str) -> bool:
    """Whether a test, named by its node id, walks through the one install of a run."""
    return test.startswith(JOURNEYS)


class ModulesStayTogether(LoadScopeScheduling):
    """Gives a module's tests to one process, for they share fixtures; and all journeys to one.

    (The mark `xdist_group` would say the same, but xdist 3.8 loses it under pytest 9.2.)
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return JOURNEYS if is_journey(nodeid) else nodeid.partition("::")[0]
