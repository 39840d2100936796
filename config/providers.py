"""Sign-in providers: the file that SIGNIN_PROVIDERS names, read, checked, and in allauth's words.

docs/providers.md says what each provider wants and where its values come from.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Kind:
    """What we know of a provider beforehand."""

    #: Our class for it, in accounts.social.providers.
    name: str
    #: What the file must say.
    needed: tuple[str, ...] = ("client_id", "client_secret")
    #: As little as it takes to know who somebody is.
    scopes: tuple[str, ...] = ()
    #: Whether it checks the proof of RFC 7636.
    knows_pkce: bool = False
    #: Whether it says of an address that its owner has proven it.
    vouches: bool = False


KINDS = {
    "google": Kind("Google", scopes=("openid", "email", "profile"), knows_pkce=True, vouches=True),
    "apple": Kind(
        "Apple",
        needed=("client_id", "team_id", "key_id", "private_key_file"),
        scopes=("email", "name"),
        vouches=True,
    ),
    "kakao": Kind("Kakao", vouches=True),  # what it tells is chosen in its console, as Naver's is
    "line": Kind("Line", scopes=("openid", "profile"), knows_pkce=True),
    "naver": Kind("Naver"),
    "oidc": Kind(
        "OpenIDConnect",
        needed=("name", "server_url", "client_id", "client_secret"),
        scopes=("openid", "email", "profile"),
        knows_pkce=True,
        vouches=True,
    ),
}
OPTIONAL = ("trust_addresses", "scopes")
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
    if unknown := told.keys() - KINDS.keys():
        raise BadProviders(
            f"has a table [{min(unknown)}], but providers are {', '.join(sorted(KINDS))}."
        )
    settings: dict[str, Any] = {}
    for kind, known in KINDS.items():
        apps = [_app(kind, name, table, https_only) for name, table in _tables(told, kind)]
        name = "openid_connect" if kind == "oidc" else kind
        own_class = f"accounts.social.providers.{known.name}"
        settings[name] = {"provider_class": own_class, "APPS": apps}
        if kind == "line" and apps:  # allauth looks for LINE's here alone
            settings[name]["SCOPE"] = apps[0]["settings"]["scope"]
    return settings


def _load(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text())
    except OSError as fault:
        raise BadProviders(f"names {path!r}, which cannot be read: {fault.strerror}.") from None
    except ValueError as fault:  # no TOML, or no UTF-8
        raise BadProviders(f"names {path!r}, which is not TOML: {fault}.") from None


def _tables(told: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    """The tables of a kind, with their names: several for `oidc`, else one."""
    if kind not in told:
        return
    if kind != "oidc":
        yield kind, told[kind]
    elif isinstance(told[kind], dict):
        yield from told[kind].items()
    else:
        raise BadProviders("has 'oidc' where tables such as [oidc.newsroom] should be.")


def _app(kind: str, name: str, told: Any, https_only: bool) -> dict[str, Any]:
    """One provider as allauth would have it."""
    where = f"[oidc.{name}]" if kind == "oidc" else f"[{name}]"
    _check(KINDS[kind], where, told)
    trusted = told.get("trust_addresses", False)
    extra: dict[str, Any] = {
        "scope": told.get("scopes", list(KINDS[kind].scopes)),
        "oauth_pkce_enabled": KINDS[kind].knows_pkce,
        "trust_addresses": trusted,
        "email_authentication": trusted,
    }
    app = {"client_id": told["client_id"], "settings": extra}
    if kind == "apple":
        extra["certificate_key"] = _private_key(told["private_key_file"], where)
        return app | {"secret": told["key_id"], "key": told["team_id"]}
    if kind == "oidc":
        _check_server(name, told, where, https_only)
        extra["server_url"] = told["server_url"].rstrip("/")
        app |= {"provider_id": name, "name": told["name"]}
    return app | {"secret": told["client_secret"]}


def _check(known: Kind, where: str, told: Any) -> None:
    if not isinstance(told, dict):
        raise BadProviders(f"has something else where a table {where} should be.")
    for name in known.needed:
        if name not in told:
            raise BadProviders(f"has a table {where} without {name}.")
        if not isinstance(told[name], str) or not told[name].strip():
            raise BadProviders(f"has a table {where} in which {name} is no text.")
    if unknown := told.keys() - {*known.needed, *OPTIONAL}:
        raise BadProviders(f"has a table {where} with {min(unknown)!r}, which nobody knows.")
    if not isinstance(told.get("trust_addresses", False), bool):
        raise BadProviders(f"has a table {where} in which trust_addresses is not true or false.")
    if told.get("trust_addresses") and not known.vouches:
        raise BadProviders(
            f"has a table {where} with trust_addresses, but this provider does not say which"
            " addresses it has checked."
        )
    scopes = told.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(each, str) and each for each in scopes):
        raise BadProviders(f"has a table {where} in which scopes is no list of texts.")


def _check_server(name: str, told: dict[str, Any], where: str, https_only: bool) -> None:
    if not ID.fullmatch(name) or name in KINDS:
        raise BadProviders(f"has a table {where}, whose name is taken, or not of a-z, 0-9 and -.")
    if len(told["name"]) > 40:
        raise BadProviders(f"has a table {where} in which name has more than 40 characters.")
    if "openid" not in told.get("scopes", ["openid"]):
        raise BadProviders(f"has a table {where} in which scopes has no openid.")
    if not _is_plain(told["server_url"], {"https"} if https_only else {"https", "http"}):
        raise BadProviders(f"has a table {where} in which server_url is no plain https:// address.")


def _is_plain(address: str, schemes: set[str]) -> bool:
    """Whether an address has a host, perhaps a path, and nothing else."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    more = url.username or url.password or url.query or url.fragment
    return url.scheme in schemes and bool(url.hostname) and not more


def _private_key(path: str, where: str) -> str:
    try:
        key = Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        raise BadProviders(f"has a table {where} whose private_key_file cannot be read.") from None
    if "PRIVATE KEY" not in key:
        raise BadProviders(f"has a table {where} whose private_key_file holds no private key.")
    return key
