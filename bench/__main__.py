"""Benches one after another: `.venv/bin/python -m bench [NAME…] [--short] [--json] [--keep]`."""

import subprocess
import sys

BENCHES = (
    *("reading", "scale", "live"),
    *("posting", "voting", "screening", "tokens"),
    *("backfill", "related", "caches"),
)


def main() -> None:
    """Those named, or all; each in a process of its own, with a fresh install. Ends with the worst
    exit code.
    """
    named = [each for each in sys.argv[1:] if each in BENCHES]
    options = [each for each in sys.argv[1:] if each not in BENCHES]
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}", *options]).returncode
        for name in named or BENCHES
    ]
    sys.exit(max(codes, key=abs))


if __name__ == "__main__":
    main()
