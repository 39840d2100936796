"""Triggers that models of several apps carry."""

import pgtrigger

#: What happened is neither changed nor taken away.
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
