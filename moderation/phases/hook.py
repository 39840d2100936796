"""A publisher's own server is asked about a comment. docs/hook.md tells what it gets and may say.

Runs in the task for phases that ask other machines. One call takes three seconds at most; a
server that fails again and again is left alone for a while (`common.breaker`).
"""

import random
from datetime import timedelta
from typing import Any

import orjson

from articles.selectors import edition_of
from comments import reasons
from comments.models import Comment, Revision
from comments.screening import Draft, Finding, Where, phase
from comments.states import Outcome
from common import clock, outbound, webhooks
from common.breaker import guarded
from common.json import dumps
from common.outbound import Answer, BadAnswer, OutboundFault
from outbox.services.relay import NotYet
from publishers.models import Site
from publishers.states import WhenAway

SECONDS = 3.0
MOST_ANSWER_BYTES = 16_384
LONGEST_EVIDENCE = 200
#: When to ask again, where nobody says; up to as long again is added, so that not all come at once.
ASKED_AGAIN_SECONDS = 5.0


@phase("hook", version="1", runs_in=Where.NETWORK, wanted=lambda site: bool(site.hook_url))
def ask_hook(draft: Draft) -> Finding | None:
    """What the site's server says of a stored revision. Where it is away, what the site chose.

    One query. Raises NotYet where the comment is to wait.
    """
    if draft.revision is None:
        return None
    site, body = draft.site, dumps(_question(draft, draft.revision))
    signed = webhooks.headers(
        delivery=_delivery(draft.revision),
        sent_at=int(clock.now().timestamp()),
        body=body,
        keys=site.hook_keys,
    )
    try:
        with guarded(site.hook_url):
            answer = outbound.post(
                site.hook_url,
                body=body,
                headers={"Content-Type": "application/json", **signed},
                seconds=SECONDS,
                most_bytes=MOST_ANSWER_BYTES,
            )
            return _finding(answer)
    except OutboundFault as fault:
        return _without_it(site, fault)


def _delivery(revision: Revision) -> str:
    """The same for each try, so that the server can tell a repeat."""
    return f"msg_{revision.pk.hex}"


def _question(draft: Draft, revision: Revision) -> dict[str, Any]:
    """What the server is told. No e-mail address, nothing of what readers no longer see."""
    comment, author = revision.comment, draft.author
    edition = edition_of(comment.thread_id, locale=comment.edition)
    return {
        "type": "comment.submitted",
        "id": _delivery(revision),
        "sent_at": clock.now(),
        "site": {"id": draft.site.pk, "name": draft.site.name},
        "thread": comment.thread_id,
        "article": edition
        and {
            "external_id": edition.article.external_id,
            "title": edition.title,
            "url": edition.url,
            "standfirst": edition.standfirst,
        },
        "comment": {
            "id": comment.pk,
            "revision": revision.number,
            "text": draft.body,
            "language": draft.language,
            "edition": comment.edition,
            "created_at": comment.created_at,
        },
        "parent": _parent(comment.parent),
        "author": {"id": author.pk, "name": author.name, "joined_at": author.joined_at},
    }


def _parent(parent: Comment | None) -> dict[str, Any] | None:
    """What a reply answers; without its text where that has been taken from the page."""
    if parent is None:
        return None
    return {"id": parent.pk, "text": parent.body if parent.is_published else None}


def _finding(answer: Answer) -> Finding | None:
    """What an answer says. Raises BadAnswer unless it is exactly of the agreed form; fields that
    we do not know are the server's own affair.
    """
    if answer.status == 204:
        return None
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise BadAnswer("the answer is not JSON") from None
    if not isinstance(said, dict) or answer.status != 200:
        raise BadAnswer("the answer is neither 204 nor a JSON object")
    outcome = _one_of(Outcome.values, said.get("outcome"), "outcome")
    reason = _one_of(list(reasons.TEXTS), said.get("reason") or "hook", "reason")
    return Finding(
        Outcome(outcome),
        "" if outcome == Outcome.PASS else reason,
        score=_share(said.get("score"), "score"),
        threshold=_share(said.get("threshold"), "threshold"),
        evidence=_words(said.get("evidence") or ""),
    )


def _one_of(known: list[str], value: Any, name: str) -> str:
    if value not in known:
        raise BadAnswer(f"{name} is none that we know")
    return str(value)


def _share(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise BadAnswer(f"{name} is no number from 0 to 1")
    return float(value)


def _words(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_EVIDENCE or "\0" in value:
        raise BadAnswer(f"evidence is no text of up to {LONGEST_EVIDENCE} characters")
    return value


def _without_it(site: Site, fault: OutboundFault) -> Finding:
    """What the site wants done while its server is away. Raises NotYet: try again later."""
    if site.hook_when_away == WhenAway.QUEUE:
        seconds = fault.retry_after or ASKED_AGAIN_SECONDS
        spread = random.uniform(0, ASKED_AGAIN_SECONDS)
        raise NotYet(str(fault), timedelta(seconds=seconds + spread)) from None
    holds = site.hook_when_away == WhenAway.HOLD
    outcome = Outcome.HOLD if holds else Outcome.PASS
    return Finding(outcome, "hook_away", evidence=fault.code)
