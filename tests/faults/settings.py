"""The install's settings for trials: as they are, and one app more, which hurts on command."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS
from tests.faults.injured import is_next_release

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.injured.Injured"]
if is_next_release():
    MIGRATION_MODULES = {"comments": "tests.faults.next_release"}
