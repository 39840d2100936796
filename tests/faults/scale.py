"""How much of everything: the long form as the trials are stated, the short one for each run."""

import os
from dataclasses import dataclass

LONG_WANTED = os.environ.get("FAULTS") == "long"


@dataclass(frozen=True)
class Scale:
    readers: int
    #: Posts while workers are killed, how many each second, and how often that happens.
    posts: int
    hurry: int
    kills: int
    #: Posts each second elsewhere. Workers keep up, so that what is timed is the recovery.
    pace: int
    #: How long the broker is away; then how often it is flushed.
    broker_seconds: float
    flushes: int
    #: Comments whose work is done again and again.
    repeated: int
    #: Web processes that die between commit and wake: one for each request, and those of `up`.
    deaths: int
    web_deaths: int
    #: The same request at once.
    at_once: int
    #: Immediate restarts of PostgreSQL, and how long it is left alone after each.
    restarts: int
    rest_seconds: float
    #: Readers who vote on one comment, and how often each.
    voters: int
    toggles: int
    #: Rounds of asking processes to end, and how many workers are asked in each.
    rounds: int
    workers: int
    #: How long a storm lasts.
    storm_seconds: float
    #: How long publishers' servers misbehave, and the comments each is asked about meanwhile.
    hang_seconds: float
    asked: int
    #: Comments that are there when the next release comes; posts at most while it does, posts and
    #: twice as many reads a second.
    filled: int
    upgrade_posts: int
    upgrade_pace: int
    upgrade_reads: int


LONG = Scale(
    readers=500,
    posts=10_000,
    hurry=60,
    kills=20,
    pace=40,
    broker_seconds=60,
    flushes=5,
    repeated=300,
    deaths=200,
    web_deaths=5,
    at_once=50,
    restarts=5,
    rest_seconds=6,
    voters=500,
    toggles=10,
    rounds=3,
    workers=3,
    storm_seconds=60,
    hang_seconds=28,
    asked=60,
    filled=1_000_000,
    upgrade_posts=6_000,
    upgrade_pace=15,
    upgrade_reads=30,
)
SHORT = Scale(
    readers=40,
    posts=150,
    hurry=60,
    kills=2,
    pace=30,
    broker_seconds=2,
    flushes=1,
    repeated=10,
    deaths=10,
    web_deaths=1,
    at_once=20,
    restarts=1,
    rest_seconds=1.5,
    voters=40,
    toggles=3,
    rounds=1,
    workers=1,
    storm_seconds=3,
    hang_seconds=2.5,
    asked=10,
    filled=20_000,
    upgrade_posts=1_000,
    upgrade_pace=15,
    upgrade_reads=30,
)
SCALE = LONG if LONG_WANTED else SHORT
