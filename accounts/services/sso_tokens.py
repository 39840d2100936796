"""Whether a publisher's signed token is what it says it is, and for this site, now. PyJWT checks.

Nothing in a token is believed before a key of the site has proven it. Unproven, it only says which
site's keys to try; the key says by which algorithm.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

import jwt
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts import claims
from accounts.claims import LEEWAY, BadClaim, Claims
from common import clock
from common.errors import FieldError, Refusal
from publishers.models import Origin, SsoKey
from publishers.services import sso_keys
from publishers.states import SsoAlgorithm

#: Characters of a token: with RS256, 8192 bits and a reader with five badges some 2,500.
LONGEST = 4_096


class SsoRefused(Refusal):
    """The token opens nothing. One sentence for readers; the `code` tells developers why."""

    detail = _("Signing in did not work. Please sign in again.")


class TokenInvalid(SsoRefused):
    """No token, of no such site, or not signed by a live key of it: one answer for all of these."""

    code: ClassVar[str] = "sso_token_invalid"


class TokenExpired(SsoRefused):
    code: ClassVar[str] = "sso_token_expired"


class TokenEarly(SsoRefused):
    code: ClassVar[str] = "sso_token_early"


class TokenMisdirected(SsoRefused):
    """Issuer or audience are not this site."""

    code: ClassVar[str] = "sso_token_misdirected"


class TokenClaims(SsoRefused):
    """A claim is missing or not what it must be; `errors` names it."""

    code: ClassVar[str] = "sso_token_claims"


#: What PyJWT finds wrong with claims, in our words; anything else is an invalid token.
FAULTS: dict[type[jwt.PyJWTError], type[SsoRefused]] = {
    jwt.ExpiredSignatureError: TokenExpired,
    jwt.ImmatureSignatureError: TokenEarly,
    jwt.InvalidAudienceError: TokenMisdirected,
    jwt.InvalidIssuerError: TokenMisdirected,
}
#: Another of the site's keys may have signed it.
NOT_BY_THIS_KEY = (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError)


def prove(token: str, *, site_id: UUID | None, origin: str | None) -> tuple[SsoKey, Claims]:
    """The key that signed a token, with its site, and what the token says. One query.

    The key also knows whether `origin` is one of its site's (`is_asked_from_home`). `site_id` is
    for tokens that name no issuer. Raises SsoRefused.
    """
    try:
        unproven = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.PyJWTError as fault:
        raise TokenInvalid from fault
    header, said = unproven["header"], unproven["payload"]
    if "crit" in header:
        raise TokenInvalid
    keys = _keys(_site_named(said, site_id), origin)
    if "kid" in header:  # it picks among the site's keys, and does nothing else
        keys = [key for key in keys if key.kid == header["kid"]]
    return _proven(token, keys, bare=claims.is_corals(said))


def _site_named(said: Mapping[str, Any], asked: UUID | None) -> UUID:
    """The site that the token's issuer names, or who sends it; both must agree."""
    try:
        issuer = UUID(said["iss"]) if "iss" in said else None
    except (ValueError, AttributeError, TypeError) as fault:
        raise TokenMisdirected from fault
    if issuer and asked and issuer != asked:
        raise TokenMisdirected
    if (site_id := issuer or asked) is None:
        raise _bad("iss")
    return site_id


def _keys(site_id: UUID, origin: str | None) -> list[SsoKey]:
    here = Origin.objects.filter(site=OuterRef("site"), origin=origin or "")
    rows = SsoKey.objects.live().filter(site=site_id).select_related("site")
    return list(rows.annotate(is_asked_from_home=Exists(here)).order_by("-created_at"))


def _proven(token: str, keys: Iterable[SsoKey], *, bare: bool) -> tuple[SsoKey, Claims]:
    for key in keys:
        try:
            payload = _decoded(token, key, bare=bare)
            return key, claims.read(payload, now=clock.now().timestamp())
        except NOT_BY_THIS_KEY:
            continue
        except (jwt.MissingRequiredClaimError, BadClaim) as fault:
            raise _bad(fault.claim) from fault
        except jwt.PyJWTError as fault:
            raise FAULTS.get(type(fault), TokenInvalid) from fault
    raise TokenInvalid


def _decoded(token: str, key: SsoKey, *, bare: bool) -> dict[str, Any]:
    """The claims of a token that `key` signed and that is for its site, now. Raises PyJWTError.

    `bare`: Coral's tokens need not say from whom and for whom they are. That may pass with a
    secret, which we made and no other site has; one pair of keys may serve several sites.
    """
    bare = bare and key.algorithm == SsoAlgorithm.HS256
    site = str(key.site_id)
    said: dict[str, Any] = jwt.decode(
        token,
        sso_keys.material(key),
        algorithms=[key.algorithm],
        issuer=site,
        audience=[site, settings.PUBLIC_URL],
        leeway=LEEWAY,
        options={
            "require": ["exp", "jti"] if bare else ["exp", "jti", "iat", "iss", "aud"],
            "verify_iss": not bare,
            "verify_aud": not bare,
            "verify_sub": False,  # with the other claims, in `claims.read`
            "verify_jti": False,
        },
    )
    if bare:
        _check_if_said(said, site)
    return said


def _check_if_said(said: Mapping[str, Any], site: str) -> None:
    """Of a bare token, issuer and audience where it names them."""
    audience = said.get("aud", site)
    named = audience if isinstance(audience, list) else [audience]
    if said.get("iss", site) != site or not any(
        each in (site, settings.PUBLIC_URL) for each in named
    ):
        raise jwt.InvalidAudienceError


def _bad(claim: str) -> TokenClaims:
    sentence = _("The token does not say this, or not in a way we understand.")
    return TokenClaims(errors=(FieldError(f"/token/{claim}", "bad_claim", str(sentence)),))
