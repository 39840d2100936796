"""What the web server runs."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

from common.charsets import in_utf8_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = in_utf8_only(get_wsgi_application())

# What was loaded stays for good: the collector need not walk through it again and again.
gc.collect()
gc.freeze()

#: Requests take a millisecond or two between waits. Threads that want their turn sooner than that
#: only cost each other time: eight of them stored 406 votes a second at Python's own 5 ms, and 734
#: at 100 ms. Longer than 20 ms nobody should wait for a long text.
sys.setswitchinterval(0.02)
