"""Sign-in providers: the file that SIGNIN_PROVIDERS names, read, checked, and in allauth's words.

docs/sign-in.md says what each provider wants and where its values come from.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

OWN_CLASSES = "accounts.social.providers"
#: What each provider must be given, beside what all may be.
NEEDED = {
    "google": {"client_id", "client_secret"},
    "apple": {"client_id", "team_id", "key_id", "private_key_file"},
    "kakao": {"client_id", "client_secret"},
    "line": {"client_id", "client_secret"},
    "naver": {"client_id", "client_secret"},
    "oidc": {"name", "server_url", "client_id", "client_secret"},
}
OPTIONAL = {"trust_addresses", "scopes"}
#: As little as it takes to know who somebody is. Kakao's and Naver's are chosen in their consoles.
SCOPES = {
    "google": ["openid", "email", "profile"],
    "apple": ["email", "name"],
    "kakao": [],
    "line": ["openid", "profile"],
    "naver": [],
    "oidc": ["openid", "email", "profile"],
}
#: Who checks the proof of RFC 7636. The others do not know it.
PROVING = {"google", "line", "oidc"}
#: Who says of an address whether its owner has proven it.
VOUCHING = {"google", "apple", "kakao", "oidc"}
ID = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class BadProviders(ValueError):
    """The file is wrong; the text is the rest of a sentence that begins with the variable."""


def read(path: str, *, https_only: bool) -> dict[str, Any]:
    """allauth's SOCIALACCOUNT_PROVIDERS for the file at `path`; with none, nothing is offered.

    Raises BadProviders.
    """
    return in_allauths_words(_load(path) if path else {}, https_only=https_only)


def in_allauths_words(told: Mapping[str, Any], *, https_only: bool = True) -> dict[str, Any]:
    """The same for a file's tables. Raises BadProviders for the first that is wrong."""
    unknown = set(told) - NEEDED.keys()
    if unknown:
        raise BadProviders(
            f"knows no provider {min(unknown)!r}: it is one of {', '.join(sorted(NEEDED))}."
        )
    settings: dict[str, Any] = {}
    for kind in NEEDED:
        table = _table(told, kind)
        several = table if kind == "oidc" else {kind: table} if table else {}
        apps = [
            _app(kind, each, _table(table, each) if kind == "oidc" else table, https_only)
            for each in several
        ]
        name = "openid_connect" if kind == "oidc" else kind
        settings[name] = {"provider_class": f"{OWN_CLASSES}.{CLASSES[kind]}", "APPS": apps}
        if kind == "line" and apps:  # allauth looks for LINE's here alone
            settings[name]["SCOPE"] = apps[0]["settings"]["scope"]
    return settings


CLASSES = {
    "google": "Google",
    "apple": "Apple",
    "kakao": "Kakao",
    "line": "Line",
    "naver": "Naver",
    "oidc": "OpenIDConnect",
}


def _load(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text())
    except OSError as fault:
        raise BadProviders(f"names {path!r}, which cannot be read: {fault.strerror}.") from None
    except ValueError as fault:  # no TOML, or no UTF-8
        raise BadProviders(f"names {path!r}, which is not TOML: {fault}.") from None


def _table(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise BadProviders(f"has {name!r} where a table [{name}] should be.")
    return table


def _app(kind: str, provider: str, told: dict[str, Any], https_only: bool) -> dict[str, Any]:
    """One provider as allauth would have it."""
    where = f"[oidc.{provider}]" if kind == "oidc" else f"[{provider}]"
    _check(kind, provider, told, where, https_only)
    extra: dict[str, Any] = {
        "scope": told.get("scopes", SCOPES[kind]),
        "oauth_pkce_enabled": kind in PROVING,
        "trust_addresses": told.get("trust_addresses", False),
        "email_authentication": told.get("trust_addresses", False),
    }
    app = {"client_id": told["client_id"], "settings": extra}
    if kind == "apple":
        extra["certificate_key"] = _private_key(told["private_key_file"], where)
        return app | {"secret": told["key_id"], "key": told["team_id"]}
    if kind == "oidc":
        extra["server_url"] = told["server_url"].rstrip("/")
        app |= {"provider_id": provider, "name": told["name"]}
    return app | {"secret": told["client_secret"]}


def _check(kind: str, provider: str, told: dict[str, Any], where: str, https_only: bool) -> None:
    if missing := NEEDED[kind] - told.keys():
        raise BadProviders(f"has a table {where} without {min(missing)}.")
    if unknown := told.keys() - NEEDED[kind] - OPTIONAL:
        raise BadProviders(f"has a table {where} with {min(unknown)!r}, which nobody knows.")
    for name in NEEDED[kind]:
        if not isinstance(told[name], str) or not told[name].strip():
            raise BadProviders(f"has a table {where} in which {name} is no text.")
    if not isinstance(told.get("trust_addresses", False), bool):
        raise BadProviders(f"has a table {where} in which trust_addresses is not true or false.")
    if told.get("trust_addresses") and kind not in VOUCHING:
        raise BadProviders(
            f"has a table {where} with trust_addresses, but this provider does not say which"
            " addresses it has checked."
        )
    scopes = told.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(each, str) and each for each in scopes):
        raise BadProviders(f"has a table {where} in which scopes is no list of texts.")
    if kind == "oidc":
        _check_server(provider, told, where, https_only)


def _check_server(provider: str, told: dict[str, Any], where: str, https_only: bool) -> None:
    if not ID.fullmatch(provider) or provider in NEEDED:
        raise BadProviders(
            f"has a table {where}, whose name is not of a-z, 0-9 and -, or is taken."
        )
    if len(told["name"]) > 40:
        raise BadProviders(f"has a table {where} in which name has more than 40 characters.")
    if "openid" not in told.get("scopes", ["openid"]):
        raise BadProviders(f"has a table {where} in which scopes has no openid.")
    schemes = {"https"} if https_only else {"https", "http"}
    url = urlsplit(told["server_url"])
    if url.scheme not in schemes or not url.hostname or url.username or url.query or url.fragment:
        raise BadProviders(f"has a table {where} in which server_url is no plain https:// address.")


def _private_key(path: str, where: str) -> str:
    try:
        key = Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        raise BadProviders(f"has a table {where} whose private_key_file cannot be read.") from None
    if "PRIVATE KEY" not in key:
        raise BadProviders(f"has a table {where} whose private_key_file holds no private key.")
    return key
