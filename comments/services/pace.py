"""Slow mode: how long a reader waits between two comments in one thread.

By hand (`slow`, `lift`): a moderator says how long, and until when if it is to end by itself. By
heat: a thread that gets more comments than `settings.THREAD_HEAT` says slows itself for a while;
that is counted in the cache, and no row knows of it. The site's staff are never slowed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments.models import SLOWEST, Thread
from comments.services import counting
from common import buckets, clock, limits
from common.buckets import Bucket, Kind, Spill
from common.errors import Refusal
from publishers.models import StaffMembership


class SlowMode(limits.TooManyRequests):
    code: ClassVar[str] = "slow_mode"


class BadPace(Refusal):
    code: ClassVar[str] = "bad_pace"
    detail = _("Slow mode is from 1 second to 1 hour, and ends in the future if at all.")


BY_HAND = _(
    "This conversation is in slow mode, one comment in %(pause)s. "
    "You can post again in %(wait)s; your text is kept."
)
BY_HEAT = _("This conversation is moving fast. You can post again in %(wait)s; your text is kept.")


@contextmanager
def turn(*, author: User, thread: Thread) -> Iterator[None]:
    """The author's turn to comment in a thread, given back if the block fails. One way to the
    cache; one query where somebody is slowed, who may be staff.

    Raises SlowMode, and TooManyRequests where the whole site gets too much.
    """
    pauses = _pauses(author, thread)
    site = limits.of("posting_here", "site", thread.site_id) if settings.RATE_LIMITS_ON else []
    spill = buckets.take([*pauses, *site])
    if spill and spill.bucket in pauses:
        if not _is_staff(author, thread):
            raise _slowed(spill)
        pauses = []
        spill = buckets.take(site)
    if spill:
        limits.refuse(spill)
    try:
        yield
    except BaseException:
        buckets.give_back([*pauses, *site])
        raise


def pause_of(thread: Thread) -> int:
    """The seconds between comments that a moderator has set, 0 for none or where it is over."""
    is_over = thread.slow_until is not None and thread.slow_until <= clock.now()
    return 0 if is_over else thread.slow_seconds


@transaction.atomic
def slow(thread_id: UUID, *, seconds: int, until: datetime | None = None, actor: User) -> Thread:
    """Slow a thread by hand, in the name of `actor`; what was set before is replaced. Raises
    BadPace. Logged where the admin shows a thread's history.
    """
    if not 1 <= seconds <= SLOWEST or (until and until <= clock.now()):
        raise BadPace
    return _set(thread_id, seconds, until, actor)


@transaction.atomic
def lift(thread_id: UUID, *, actor: User) -> Thread:
    """End slow mode by hand. What was not set is left."""
    return _set(thread_id, 0, None, actor)


def _set(thread_id: UUID, seconds: int, until: datetime | None, actor: User) -> Thread:
    thread = Thread.objects.select_for_update(no_key=True).get(pk=thread_id)
    if (thread.slow_seconds, thread.slow_until) == (seconds, until):
        return thread
    thread.slow_seconds, thread.slow_until = seconds, until
    thread.save(update_fields=["slow_seconds", "slow_until"])
    counting.touch(thread.pk)  # readers see it above the thread
    counting.tell_soon(thread.pk)
    ending = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    said = f"Slow mode: one comment in {seconds} s{ending}." if seconds else "Slow mode lifted."
    LogEntry.objects.log_actions(actor.pk, [thread], CHANGE, said, single_object=True)
    return thread


def _pauses(author: User, thread: Thread) -> list[Bucket]:
    """What holds one reader back in one thread, and what measures the thread's heat."""
    found = []
    if seconds := pause_of(thread):
        found.append(Bucket(f"pause:{thread.pk}:{author.pk}:{seconds}", 1, seconds))
    if settings.RATE_LIMITS_ON:
        heat = settings.THREAD_HEAT
        key = f"heat:{thread.pk}"
        found += [
            Bucket(key, heat["posts"], heat["seconds"], Kind.METER, heat["cooling"]),
            Bucket(f"{key}:{author.pk}", 1, heat["pause"], Kind.IN_HEAT),
        ]
    return found


def _slowed(spill: Spill) -> SlowMode:
    sentence = BY_HEAT if spill.bucket.kind is Kind.IN_HEAT else BY_HAND
    return SlowMode(sentence, wait=spill.wait, pause=limits.spoken(int(spill.bucket.seconds)))


def _is_staff(author: User, thread: Thread) -> bool:
    return StaffMembership.objects.filter(site=thread.site_id, user=author).exists()
