"""What `manage.py up` starts on a machine that has everything."""

from collections.abc import Mapping
from typing import Any

import pytest

from operations.management.commands import up
from operations.supervisor import Child


@pytest.fixture
def children(settings: Any) -> Mapping[str, Child]:
    """Each child of `up`, by its name."""
    settings.LIVE_URL, settings.METRICS_PORT = "https://live.example/stream", 9100
    return {child.name: child for child in up._children("127.0.0.1", 2, 4)}
