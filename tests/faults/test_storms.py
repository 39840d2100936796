"""Many people doing everything at once in a few threads; then every number is counted again."""

import json
import subprocess
import sys
from collections import Counter
from random import Random

import pytest

from operations.development import PROJECT
from tests.faults import promises
from tests.faults.figures import Figures
from tests.faults.scale import SCALE
from tests.faults.scene import Scene, now
from tests.faults.storm import REFUSALS

PROCESSES = 8
THREADS = 3
WITHIN_SECONDS = 120
#: An error in every count that is kept.
PLANTED = (
    "UPDATE comments_thread SET comment_count = comment_count + 1 WHERE id = %s",
    "UPDATE comments_threadlanguage SET comment_count = 0 WHERE thread_id = %s",
    """
    UPDATE comments_comment SET reply_count = reply_count + 1, up_count = up_count + 1,
        down_count = down_count + 1, flag_count = flag_count + 1,
        reactions = reactions || '{"sad": 99}'
    WHERE id = (SELECT id FROM comments_comment WHERE thread_id = %s LIMIT 1)
    """,
    """
    UPDATE comments_authorfigures SET published_count = published_count - 1,
        rejected_count = rejected_count + 1, withdrawn_count = withdrawn_count + 1,
        flag_count = flag_count + 1
    WHERE author_id = (SELECT author_id FROM comments_comment WHERE thread_id = %s LIMIT 1)
    """,
    "DELETE FROM comments_threadslot WHERE thread_id = %s",
)
FINE = {"200", "201", "204", "nobody", *map(str, REFUSALS)}


@pytest.mark.trial("Storm")
def test_no_number_drifts_in_a_storm(scene: Scene, chance: Random, found: Figures) -> None:
    threads = [scene.free.pop() for _ in range(THREADS)]
    orders = {
        "port": scene.install.port,
        "threads": threads,
        "tokens": scene.tokens,
        "seconds": SCALE.storm_seconds,
        "processes": PROCESSES,
        "seed": chance.random(),
    }

    storm = subprocess.run(
        [sys.executable, "-m", "tests.faults.storm"],
        cwd=PROJECT,
        env=scene.install.from_env(),
        input=json.dumps(orders),
        capture_output=True,
        text=True,
    )
    calm = now()

    assert storm.returncode == 0, storm.stderr
    ends = Counter(json.loads(storm.stdout))
    assert {end for end in ends if end.split(maxsplit=1)[1] not in FINE} == set(), ends
    done = Counter({end: count for end, count in ends.items() if " 20" in end})
    found.sent, found.acknowledged = sum(ends.values()), sum(done.values())
    found.decided = found.acknowledged
    found.recovery = max(
        promises.settled(scene.install, thread, since=calm, within=WITHIN_SECONDS)
        for thread in threads
    )
    promises.exact(scene.install)
    scene.install.manage("reconcile")
    for statement in PLANTED:
        scene.install.sql(statement, threads[0])
    put_right = json.loads(scene.install.manage("reconcile", "--fix", "--json"))
    assert all(put_right["found"].values()), put_right["found"]
    scene.install.manage("reconcile")
    found.beside = ", ".join(f"{count} × {end.split()[0]}" for end, count in sorted(done.items()))
