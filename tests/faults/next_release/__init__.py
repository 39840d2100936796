"""Migrations of a release that is not there yet: those that `comments` has, and what may follow.

A process that finds the order to be of that release (`injured.NEXT_RELEASE`) knows the column too.
"""

from pathlib import Path

from comments import migrations as present

__path__ = [*present.__path__, *__path__]
LEAF = max(path.stem for folder in present.__path__ for path in Path(folder).glob("0*.py"))
