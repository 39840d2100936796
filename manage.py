#!/usr/bin/env python
"""The entry point: `python manage.py help` lists the commands."""

import os
import sys

from operations import development, embedded


def main() -> None:
    """Run one management command; in development with the embedded servers up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        development.prepare()
    except embedded.ServerFailed as failure:
        sys.exit(str(failure))

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
