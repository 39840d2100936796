"""What the web server runs for the floor: Django without any middleware."""

import os
import sys

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.floor.settings"
django.setup()
settings.MIDDLEWARE = []  # only now: an app of the product insists on its own at start

sys.setswitchinterval(0.02)  # as the product
application = WSGIHandler()
