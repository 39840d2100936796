"""All benches, one after another: `.venv/bin/python -m bench [--short] [--json] [--keep]`."""

import subprocess
import sys

BENCHES = ("posting", "voting", "screening", "tokens", "reading")


def main() -> None:
    """Each in a process of its own, with a fresh install. Ends with the worst exit code."""
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}", *sys.argv[1:]]).returncode
        for name in BENCHES
    ]
    sys.exit(max(codes, key=abs))


if __name__ == "__main__":
    main()
