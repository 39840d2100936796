"""Colloquy's own settings, with the floor's tables and routes."""

from config.settings import *  # noqa: F403  (all of them)
from config.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "bench.floor"]
ROOT_URLCONF = "bench.floor.urls"
