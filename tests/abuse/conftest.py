from collections.abc import Iterator
from typing import Any

import pytest

from tests.abuse.scene import Scene, laid


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """Two publishers and everybody, for a module's tests; each undoes what it wrote."""
    with django_db_blocker.unblock(), laid() as scene:
        yield scene
