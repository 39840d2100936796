"""Does the time an answer takes tell who has an account? `.venv/bin/python -m tests.abuse.timing`

Each call is made for addresses with and without an account, in turns so that whatever else the
machine does meets both alike, against a web process of its own on loopback. Says the medians, their
difference and how likely such ranks are by chance (Mann-Whitney). Exit code 1 where a difference
is two milliseconds or more.
"""

import argparse
import json
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from bench import stage

MOST_APART = 0.002
PASSWORD = "a long enough one"
SECRET = "a" * 32
ORIGIN = "https://news.example"


@dataclass
class Asker:
    """A connection to the install under trial."""

    port: int
    site: str
    token: str = ""
    http: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.http = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def call(self, path: str, body: dict[str, Any], token: str = "") -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["X-Session-Token"] = token
        self.http.request("POST", f"/_allauth/app/v1/{path}", json.dumps(body), headers)
        answer = self.http.getresponse()
        return answer.status, json.loads(answer.read())

    def begin(self, path: str, body: dict[str, Any]) -> str:
        """Make a call that begins a flow; the token to go on with."""
        _, answer = self.call(path, body)
        return str(answer["meta"]["session_token"])

    def popup(self, email: str) -> int:
        asked = {"site": self.site, "origin": ORIGIN, "challenge": "c" * 43}
        form = {"action": "address", "email": email, "csrfmiddlewaretoken": SECRET}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={SECRET}",
        }
        self.http.request("POST", f"/signin/widget?{urlencode(asked)}", urlencode(form), headers)
        answer = self.http.getresponse()
        answer.read()
        return answer.status


#: One call for one address: what has to come before, then what is timed. The status it must have.
Trial = Callable[[Asker, str], tuple[float, int]]


def timed(act: Callable[[], Any]) -> tuple[float, int]:
    begun = time.perf_counter()
    answer = act()
    took = time.perf_counter() - begun
    return took, answer if isinstance(answer, int) else answer[0]


def simple(path: str, **body: str) -> Trial:
    return lambda asker, email: timed(lambda: asker.call(path, {"email": email, **body}))


def resend_code(asker: Asker, email: str) -> tuple[float, int]:
    token = asker.begin("auth/code/request", {"email": email})
    return timed(lambda: asker.call("auth/code/resend", {}, token))


def wrong_code(asker: Asker, email: str) -> tuple[float, int]:
    token = asker.begin("auth/code/request", {"email": email})
    return timed(lambda: asker.call("auth/code/confirm", {"code": "00000000"}, token))


def wrong_reset(asker: Asker, email: str) -> tuple[float, int]:
    token = asker.begin("auth/password/request", {"email": email})
    body = {"key": "00000000", "password": PASSWORD}
    return timed(lambda: asker.call("auth/password/reset", body, token))


def popup(asker: Asker, email: str) -> tuple[float, int]:
    return timed(lambda: asker.popup(email))


def change_address(asker: Asker, email: str) -> tuple[float, int]:
    return timed(lambda: asker.call("account/email", {"email": email}, asker.token))


TRIALS: dict[str, Trial] = {
    "code by mail": simple("auth/code/request"),
    "code by mail, popup": popup,
    "code again": resend_code,
    "code, wrong": wrong_code,
    "reset": simple("auth/password/request"),
    "reset, wrong code": wrong_reset,
    "sign-up by code": simple("auth/signup"),
    "change of address": change_address,
    "sign-in, wrong password": simple("auth/login", password="wrong"),
    "sign-up with password": simple("auth/signup", password=PASSWORD),
}


def rank_test(one: Sequence[float], other: Sequence[float]) -> float:
    """How likely ranks as uneven as these are by chance: Mann-Whitney, by the normal distribution,
    which is close enough from twenty values on.
    """
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank_sum = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    mean = len(one) * (len(ranked) + 1) / 2
    deviation = math.sqrt(len(one) * len(other) * (len(ranked) + 1) / 12)
    return math.erfc(abs(rank_sum - mean) / deviation / math.sqrt(2))


def run(asker: Asker, trial: Trial, known: Sequence[str], name: str) -> tuple[list[float], ...]:
    """Seconds for known and for unknown addresses, in turns, each address once."""
    took: tuple[list[float], ...] = ([], [])
    statuses: set[int] = set()
    for number, email in enumerate(known):
        # As long as the known one, so that only whether it is known differs.
        other = f"nobody{email.removeprefix('reader').partition('@')[0]}@{name}.example"
        pair = [(0, email), (1, other)]
        random.shuffle(pair)
        for which, address in pair:
            seconds, status = trial(asker, address)
            statuses.add(status)
            if number >= 3:  # the first warm up
                took[which].append(seconds)
    assert len(statuses) == 1, f"{name}: answered {statuses}"
    return took


def people(how_many: int) -> list[str]:
    """Accounts with a proven address and a password. Their addresses."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.hashers import make_password

    from accounts.models import User

    hashed = make_password("another one")
    users = User.objects.bulk_create(
        User(email=f"reader{number}@mail.example", name="Reader", password=hashed)
        for number in range(how_many)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    return [user.email for user in users]


def somebody(asker: Asker) -> str:
    """An account of its own, signed in by the app client. Its token."""
    from allauth.account.models import EmailAddress

    from accounts.models import User

    user = User.objects.create_user("mover@mail.example", PASSWORD, name="Mover")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return asker.begin("auth/login", {"email": user.email, "password": PASSWORD})


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--times", type=int, default=1_000, help="each call, for each kind")
    read.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    read.add_argument("--only", nargs="*", choices=TRIALS, default=list(TRIALS))
    wanted = read.parse_args()
    os.environ["COLLOQUY_CHALLENGES"] = "never"
    with stage.opened(wanted.port) as here:
        from publishers.services import sites

        site, _ = sites.create(name="Timing", origins=[ORIGIN])
        here.start_web(floor=False)
        known = people(wanted.times + 3)
        asker = Asker(wanted.port, str(site.pk))
        asker.token = somebody(asker)
        worst = 0.0
        print(f"{'milliseconds':<26}{'known':>9}{'unknown':>9}{'apart':>9}{'p':>9}")
        for name in wanted.only:
            one, other = run(asker, TRIALS[name], known, name.translate({32: "-", 44: "-"}))
            apart = statistics.median(one) - statistics.median(other)
            worst = max(worst, abs(apart))
            figures = [1_000 * statistics.median(one), 1_000 * statistics.median(other)]
            figures.append(1_000 * apart)
            words = "".join(f"{figure:>9.2f}" for figure in figures)
            print(f"{name:<26}{words}{rank_test(one, other):>9.3f}", flush=True)
    print(f"At most {1_000 * worst:.2f} ms apart; allowed: under {1_000 * MOST_APART:.0f}.")
    sys.exit(worst >= MOST_APART)


if __name__ == "__main__":
    main()
