"""In which order suggestions are shown, and how talk cools: pure rules.

What an article is about leads. Freshness, talk and clicks move what is about equally near; clicks
most, since they are what readers themselves say, and only where more than one address clicked.
"""

from datetime import timedelta
from math import log2

#: What is listed only because it is new weighs as much as if it were so near.
LEAST = 0.01
#: An old story keeps so much of its weight; the rest halves with each `FRESH`.
LASTING = 0.7
FRESH = timedelta(days=30)
#: So much may live talk add.
TALK = 0.25
#: Heat from which talk adds half of that.
WARM = 5.0
#: A click counts half after so long.
CLICKS_HALVE = timedelta(days=3)
#: A comment counts half after so long, and not at all after `TALK_ENDS`.
TALK_HALVES = timedelta(hours=6)
TALK_ENDS = timedelta(hours=48)


def weight(*, likeness: float, age: timedelta, heat: float, clicks: float) -> float:
    """How far up a suggestion stands. `heat` is what `articles.services.talk` stores, `clicks` has
    cooled already.

    The first click of a link weighs nothing: an address counts once, so nobody moves a link alone.
    """
    fresh = LASTING + (1 - LASTING) * 0.5 ** (max(age, timedelta()) / FRESH)
    talked = 1 + TALK * heat / (heat + WARM)
    clicked = 1 + log2(max(clicks, 1.0))
    return max(likeness, LEAST) * fresh * talked * clicked


def cooled(clicks: float, since: timedelta) -> float:
    """What is left of some clicks."""
    return clicks * 0.5 ** (max(since, timedelta()) / CLICKS_HALVE)
