"""Everything at once: `python -m tests.faults.storm`, in the install's environment.

Takes its orders as JSON from standard input. Forks processes that for some seconds post, edit,
vote, react, flag and withdraw by HTTP, and decide and restore as moderators do, all in a few
threads. Prints as JSON how often each came to what end.
"""

import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import django

from tests.faults.load import WORDS, Dropped, Line

if TYPE_CHECKING:
    from accounts.models import User
    from comments.models import Comment

MODERATOR = "moderator@trial.example"
#: How often each is done.
DEEDS = {
    "post": 25,
    "reply": 15,
    "vote": 25,
    "react": 10,
    "edit": 8,
    "withdraw": 4,
    "flag": 8,
    "decide": 6,
    "restore": 4,
}
#: What others just did may forbid it.
REFUSALS = (403, 404, 409)
SEEN_AT_ONCE = 50
SEEN_SECONDS = 0.3


class Weather:
    """One process of a storm: what it sees, and what it does next."""

    def __init__(self, orders: dict[str, Any], number: int, line: Line) -> None:
        self.threads: list[str] = orders["threads"]
        self.tokens: list[str] = orders["tokens"]
        self.chance = Random(f"{orders['seed']} {number}")
        self.line = line
        self.mine: list[tuple[str, str, str]] = []
        self.seen: list[Comment] = []
        self.seen_at = 0.0

    def go_on(self) -> str:
        """Do one thing; say what, and how it ended."""
        [deed] = self.chance.choices(list(DEEDS), weights=list(DEEDS.values()))
        try:
            return f"{deed} {getattr(self, deed)()}"
        except Dropped as fault:
            return f"{deed} dropped: {fault}"

    def post(self, parent: str | None = None, thread: str | None = None) -> object:
        token, thread = self.chance.choice(self.tokens), thread or self.chance.choice(self.threads)
        body = {"body": self._words()} | ({"parent": parent} if parent else {})
        answer = self.line.send("POST", f"threads/{thread}/comments", token, body)
        if answer.status == 201:
            self.mine.append((token, thread, answer.json["id"]))
        return answer.status

    def reply(self) -> object:
        parent = self._somebodys()
        return self.post(str(parent.pk), str(parent.thread_id)) if parent else "nobody"

    def vote(self) -> object:
        return self._put("vote", {"value": self.chance.choice((1, 1, -1, 0))})

    def react(self) -> object:
        kind = self.chance.choice(("respect", "insightful", "funny"))
        return self._put(f"reactions/{kind}", method=self.chance.choice(("PUT", "PUT", "DELETE")))

    def flag(self) -> object:
        return self._put("flag", {"reason": "spam"})

    def edit(self) -> object:
        if not self.mine:
            return "nobody"
        token, thread, comment = self.chance.choice(self.mine)
        at = f"threads/{thread}/comments/{comment}"
        return self.line.send("PATCH", at, token, {"body": self._words()}).status

    def withdraw(self) -> object:
        if not self.mine:
            return "nobody"
        token, thread, comment = self.mine.pop(self.chance.randrange(len(self.mine)))
        return self.line.send("DELETE", f"threads/{thread}/comments/{comment}", token).status

    def decide(self) -> object:
        from common.errors import Refusal
        from moderation.models import Case
        from moderation.services import decisions
        from moderation.states import Ruling

        case = Case.objects.open().order_by("?").first()
        if case is None:
            return "nobody"
        ruling = self.chance.choice(list(Ruling))
        reason = "spam" if ruling == Ruling.REJECT else ""
        try:
            decisions.decide(case_id=case.pk, ruling=ruling, actor=_moderator(), reason=reason)
        except Refusal as refusal:
            return refusal.status
        return 200

    def restore(self) -> object:
        from comments.models import Comment
        from comments.services import lifecycle
        from comments.states import Status
        from common.errors import Refusal

        rejected = Comment.objects.filter(thread__in=self.threads, status=Status.REJECTED)
        comment = rejected.order_by("?").first()
        if comment is None:
            return "nobody"
        try:
            lifecycle.move(comment.pk, Status.PUBLISHED, actor=_moderator())
        except Refusal as refusal:
            return refusal.status
        return 200

    def _put(self, what: str, body: dict[str, Any] | None = None, method: str = "PUT") -> object:
        comment = self._somebodys()
        if comment is None:
            return "nobody"
        at = f"threads/{comment.thread_id}/comments/{comment.pk}/{what}"
        return self.line.send(method, at, self.chance.choice(self.tokens), body).status

    def _somebodys(self) -> "Comment | None":
        """A comment that was public a moment ago."""
        from comments.models import Comment

        if time.monotonic() > self.seen_at + SEEN_SECONDS:
            public = Comment.objects.published().filter(thread__in=self.threads)
            self.seen = list(public.order_by("?")[:SEEN_AT_ONCE])
            self.seen_at = time.monotonic()
        return self.chance.choice(self.seen) if self.seen else None

    def _words(self) -> str:
        words = " ".join(self.chance.choices(WORDS, k=10))
        return f"{self.chance.getrandbits(128):032x} {words}"


def _moderator() -> "User":
    from accounts.models import User

    return User.objects.get(email=MODERATOR)


def blow(orders: dict[str, Any], number: int) -> Counter[str]:
    """One process, until the time is over."""
    ends: Counter[str] = Counter()
    until = time.monotonic() + orders["seconds"]
    with Line(orders["port"]) as line:
        weather = Weather(orders, number, line)
        while time.monotonic() < until:
            ends[weather.go_on()] += 1
    return ends


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    ordered = json.load(sys.stdin)
    with multiprocessing.get_context("fork").Pool(ordered["processes"]) as pool:
        numbers = range(ordered["processes"])
        ends = pool.starmap(blow, [(ordered, number) for number in numbers])
    print(json.dumps(sum(ends, Counter())))
