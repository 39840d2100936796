"""The floor: what one durable INSERT behind a token costs in Django itself, with nothing of ours
around it. An app that only the bench installs.
"""
