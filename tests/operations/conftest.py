"""Folders that the servers' account may enter, as pytest's own are not when root runs it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import OURS


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A state folder of this test module's own."""
    folder = Path(tempfile.mkdtemp(dir=os.environ[OURS]))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
