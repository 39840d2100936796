"""What the web server runs."""

import gc
import os
import resource
import sys
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from comments.selectors import is_current  # noqa: E402  (models, which need the settings)
from common.calls import Handler  # noqa: E402  (settings)
from common.charsets import in_utf8_only  # noqa: E402  (after the models)
from config.public import ShortWay, key_of  # noqa: E402  (views, which need them too)
from edge.wsgi import Edge  # noqa: E402  (after the models)

whole = in_utf8_only(Handler())
application = Edge(whole, reads=ShortWay(whole), key_of=key_of, is_current=is_current)

# Django makes much of itself at the first request: a third of a second, many times that where
# others are busy. It is to be ours, before a reader's comes.
environ = {"PATH_INFO": "/healthz", "HTTP_HOST": urlsplit(settings.PUBLIC_URL).netloc}
setup_testing_defaults(environ)
for _ in application(environ, lambda *said: None):
    pass

#: A reader's connection is an open file; many systems give a process a thousand to begin with.
FILES = 8_192
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if 0 <= soft < FILES:
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

# What was loaded stays for good: the collector need not walk through it again and again.
gc.collect()
gc.freeze()

#: Requests take a millisecond or two between waits. Threads that want their turn sooner than that
#: only cost each other time: eight of them stored 406 votes a second at Python's own 5 ms, and 734
#: at 100 ms. Longer than 20 ms nobody should wait for a long text.
sys.setswitchinterval(0.02)
