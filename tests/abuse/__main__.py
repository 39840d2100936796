"""`make abuse DATA=…`: whole data sets against an install of its own; a table; 1 for a failure.

DATA is a folder of data sets, each `<name>/dev.jsonl.gz`: json_torture, naughty_strings,
redos_patterns, name_spoofing.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.abuse.whole import ROUNDS, Round, Target
from tests.install import Install

#: How many requests schemathesis makes up for each call.
EXAMPLES = 50


@contextmanager
def running() -> Iterator[Install]:
    """A fresh install without limits of pace, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="colloquy-abuse-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root the servers run as nobody, who must get in
        install = Install(folder, {"COLLOQUY_RATE_LIMITS": "off"})
        install.start()
        try:
            yield install
        finally:
            install.end()


def made_up(target: Target, seed: int) -> int:
    """Requests made up from the OpenAPI document, by nobody, a reader and a publisher's server."""
    codes = []
    for bearer in (None, target.token, target.key):
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            *(f"{target.install.base_url}/api/v1/schema", "--max-examples", str(EXAMPLES)),
            *(("--header", f"Authorization: Bearer {bearer}") if bearer else ()),
            *("--seed", str(seed)),
            *(
                "--checks",
                (
                    "not_a_server_error,status_code_conformance,"
                    "content_type_conformance,response_headers_conformance,"
                    "response_schema_conformance,unsupported_method"
                ),
            ),
            *("--phases", "examples,coverage,fuzzing", "--exclude-path", "/api/v1/auth/revoke"),
        ]
        codes.append(subprocess.run(command).returncode)
    return max(codes)


def table_of(rounds: list[Round]) -> Table:
    table = Table(title="Abuse", title_justify="left")
    for column in ("round", "rows", "sent", "refused", "5xx", "wrong"):
        table.add_column(column)
    for column in ("slowest ms", "most CPU ms", "grown MB", "passed"):
        table.add_column(column)
    for each in rounds:
        counts = (each.rows, each.sent, each.refused, each.broken, each.wrong)
        times = (each.slowest * 1_000, each.most_cpu * 1_000, each.grown)
        verdict = "no" if each.failed else "yes"
        table.add_row(each.name, *map(str, counts), *(f"{one:.0f}" for one in times), verdict)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data sets")
    parser.add_argument("--only", help="one round by its name")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    console = Console(highlight=False, width=140)
    rounds = [each for each in ROUNDS if options.only in (None, each.__name__)]
    with running() as install:
        target = Target(install)
        done = []
        for each in rounds:
            done.append(each(target, options.data))
            console.print(f"{done[-1].name}: {done[-1].sent} sent", style="dim")
        code = made_up(target, options.seed) if options.only in (None, "schemathesis") else 0
    console.print(table_of(done))
    for each in done:
        for what in each.told:
            console.print(f"{each.name}: {what}")
    sys.exit(int(bool(code) or any(each.failed for each in done)))


if __name__ == "__main__":
    main()
