"""`Idempotency-Key`: the same request sent again gets the first answer again.

The record is one row in the transaction that makes what it answers: both are there or neither.
A second request under the same key waits on the unique index for the first one's commit.
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import orjson
from django.db import OperationalError, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import errors as pg
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import Refusal
from common.inserting import execute
from common.json import dumps
from outbox.models import IdempotencyRecord

KEPT_ANSWERS = timedelta(hours=24)
LONGEST_KEY = 255
KEPT_HEADERS = ("Location", "ETag")

Handler = Callable[..., Response]


class KeyReused(Refusal):
    code: ClassVar[str] = "idempotency_key_reused"
    status: ClassVar[int] = 422
    detail = _("This Idempotency-Key was already used for another request.")


class KeyInUse(Refusal):
    code: ClassVar[str] = "idempotency_key_in_use"
    status: ClassVar[int] = 409
    detail = _("The first request under this Idempotency-Key is still at work. Try again soon.")


class BadKey(Refusal):
    code: ClassVar[str] = "bad_idempotency_key"
    detail = _("An Idempotency-Key is 1 to 255 visible ASCII characters.")


def idempotent(handler: Handler) -> Handler:
    """Decorate a view's `post`: honour `Idempotency-Key`, in the transaction of the work itself.

    One insert and one update for a new key; one more select for a repeated one.
    """

    @functools.wraps(handler)
    def wrapper(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not 1 <= len(key) <= LONGEST_KEY or not all("!" <= sign <= "~" for sign in key):
            raise BadKey
        with transaction.atomic():
            record, is_new = _claim(_owner(request), key, _fingerprint(request))
            if not is_new:
                return _answer_again(record)
            response = handler(view, request, *args, **kwargs)
            record.status = response.status_code
            record.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            record.body = dumps(response.data)
            record.save(update_fields=["status", "headers", "body"], force_update=True)
            return response

    wrapper.is_idempotent = True  # type: ignore[attr-defined]  # limits count a key once
    return wrapper


CLAIM = """
    INSERT INTO outbox_idempotencyrecord AS held (owner, key, fingerprint, headers, created_at)
    VALUES (%s, %s, %s, '{}', now())
    ON CONFLICT (owner, key) DO UPDATE
    SET fingerprint = EXCLUDED.fingerprint, created_at = EXCLUDED.created_at
    WHERE held.created_at < now() - %s::interval
    RETURNING id
"""


def _claim(owner: str, key: str, fingerprint: str) -> tuple[IdempotencyRecord, bool]:
    """The key's record and whether it is ours to fill. Waits for whoever is filling it now, as
    long as requests wait for locks. A key whose life is over is a new one.
    """
    try:
        made = execute(CLAIM, [owner, key, fingerprint, KEPT_ANSWERS])
    except OperationalError as fault:
        if isinstance(fault.__cause__, pg.LockNotAvailable):
            raise KeyInUse(retry_after=1) from fault
        raise
    if made:
        return IdempotencyRecord(pk=made[0]), True
    found = IdempotencyRecord.objects.get(owner=owner, key=key)
    if found.fingerprint != fingerprint:
        raise KeyReused
    return found, False


def _answer_again(record: IdempotencyRecord) -> Response:
    body = orjson.loads(bytes(record.body)) if record.body else None
    return Response(
        body, status=record.status, headers={**record.headers, "Idempotency-Replayed": "true"}
    )


def _owner(request: Request) -> str:
    """A person, or a publisher's server: that is its site."""
    person = request.user.pk
    return f"user:{person}" if person else f"site:{getattr(request.auth, 'site_id', None)}"


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: also the site of the token, if it is of one only."""
    site_id = getattr(request.auth, "site_id", None)
    whole = f"{request.method} {request.path} {site_id}\n".encode() + dumps(request.data)
    return hashlib.sha256(whole).hexdigest()
