"""The environment, read once and checked: `env` is all that settings know of the outside.

docs/configuration.md describes every variable. What is wrong or missing is said in one sentence
each, all at once, and ends the process with exit code 2.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from environs import Env, EnvValidationError, ValidationError, validate

from config import providers
from operations.development import kept_values, state_folder

EXAMPLES = {
    "DATABASE_URL": "postgresql://colloquy:password@db.example:5432/colloquy",
    "BROKER_URL": "redis://:password@broker.example:6379/0",
    "CACHE_URL": "redis://:password@cache.example:6379/0",
    "SECRET_KEY": "50 or more random characters",
    "ALLOWED_HOSTS": "comments.example,www.comments.example",
    "PUBLIC_URL": "https://comments.example",
    "CDN_PURGE_URLS": "https://api.fastly.com/service/SERVICE/purge",
    "CDN_PURGE_TOKEN": "the secret that the CDN's API asks for",
}
SHORTEST_KEY = 50
ONE_FILE_EACH = {"EMAIL_BACKEND": "operations.mail.FolderBackend"}


class Misconfigured(Exception):
    """The environment is wrong; `problems` holds a sentence for each variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Environment:
    """What the environment says, checked."""

    environment: str
    debug: bool
    var: Path
    port: int
    public_url: str
    live_url: str | None
    allowed_hosts: list[str]
    trusted_proxies: int
    secret_key: str
    secret_key_fallbacks: list[str]
    database: dj_database_url.DBConfig
    broker_url: str
    cache_url: str
    key_prefix: str
    email: dict[str, Any]
    email_from: str
    rate_limits: bool
    challenges: str
    challenge_tries: int
    disposable_mail: str
    metrics_port: int | None
    metrics_host: str
    stall_seconds: int
    log_format: str
    log_requests: str
    outbound_allowed_networks: list[IPv4Network | IPv6Network]
    signin_providers: dict[str, Any]
    cdn_purger: str
    cdn_seconds: int
    cdn_purge_urls: list[str]
    cdn_purge_token: str


def read() -> Environment:
    """Read and check the environment. Raises Misconfigured with all that is wrong at once."""
    var = state_folder()
    values = Env(eager=False)
    if kept_values():
        values.read_env(var / "env", recurse=False)
    environment = values.str("COLLOQUY_ENV", "production", validate=one_of(*ENVIRONMENTS))
    development = environment == "development"
    a_port = validate.Range(1, 65535, error="must be from 1 to 65535.")
    with_one_more = validate.Range(1, 65534, error="must be from 1 to 65534.")  # for live
    port = values.int("PORT", 8000, validate=with_one_more)
    hosts: dict[str, Any] = {"default": [".localhost", "127.0.0.1", "[::1]"]} if development else {}
    address = {"default": f"http://127.0.0.1:{port}"} if development else {}
    debug = values.bool("DEBUG", False, validate=None if development else off)
    allowed_hosts = values.list(
        "ALLOWED_HOSTS", **hosts, validate=validate.Length(min=1, error="must name a host.")
    )
    public_url = values.str("PUBLIC_URL", **address, validate=url_of("http", "https"))
    beside = f"http://127.0.0.1:{port + 1}/stream" if development and port else None
    live_url = values.str("LIVE_URL", beside, validate=url_of("http", "https"))
    trusted_proxies = values.int(
        "TRUSTED_PROXIES", 0, validate=validate.Range(min=0, error="must be 0 or more.")
    )
    secret_key = values.str(
        "SECRET_KEY",
        validate=validate.Length(
            min=SHORTEST_KEY, error=f"must have {SHORTEST_KEY} characters or more."
        ),
    )
    secret_key_fallbacks: list[str] = values.list(
        "SECRET_KEY_FALLBACKS", [], subcast=str.strip, validate=long_keys
    )
    database_url = values.str("DATABASE_URL", validate=url_of("postgresql", "postgres"))
    broker_url = values.str("BROKER_URL", validate=url_of("redis", "rediss"))
    cache_url = values.str("CACHE_URL", validate=url_of("redis", "rediss"))
    key_prefix = values.str("COLLOQUY_KEY_PREFIX", "colloquy:")
    email_url = values.str(
        "EMAIL_URL",
        "file:" if development else "smtp://localhost:25",
        validate=url_of("smtp", "smtps", "submission", "console", "file", host=False),
    )
    email_from = values.str("EMAIL_FROM", None)
    process = values.str("DATABASE_LIMITS", _process(), validate=one_of(*LIMITS))
    rate_limits = values.bool("COLLOQUY_RATE_LIMITS", True, validate=None if development else on)
    challenges = values.str("COLLOQUY_CHALLENGES", "by_risk", validate=one_of(*CHALLENGES))
    challenge_tries = values.int(
        "COLLOQUY_CHALLENGE_TRIES",
        500,
        validate=validate.Range(1, 100_000, error="must be from 1 to 100000."),
    )
    disposable_mail = values.str(
        "COLLOQUY_DISPOSABLE_MAIL", "refused", validate=one_of("refused", "doubted", "allowed")
    )
    metrics_port = values.int("METRICS_PORT", None, validate=a_port)
    metrics_host = values.str("METRICS_HOST", "127.0.0.1")
    stall_seconds = values.int(
        "COLLOQUY_STALL_SECONDS", 60, validate=validate.Range(min=5, error="must be 5 or more.")
    )
    log_format = values.str(
        "COLLOQUY_LOG_FORMAT",
        "words" if development else "json",
        validate=one_of("json", "words"),
    )
    log_requests = values.str("COLLOQUY_LOG_REQUESTS", "failed", validate=one_of("all", "failed"))
    outbound_allowed_networks: list[str] = values.list(
        "OUTBOUND_ALLOWED_NETWORKS", [], subcast=str.strip, validate=networks
    )
    signin_providers = values.str(
        "SIGNIN_PROVIDERS", "", validate=providers_file(https_only=not development)
    )
    cdn_purger = values.str("CDN_PURGER", "none", validate=one_of(*PURGERS))
    cdn_seconds = values.int(
        "CDN_SECONDS", 60, validate=validate.Range(2, 3600, error="must be from 2 to 3600.")
    )
    is_told: dict[str, Any] = {} if cdn_purger in PURGERS[1:] else {"default": []}
    has_secret: dict[str, Any] = {} if cdn_purger in ("fastly", "cloudflare") else {"default": ""}
    schemes = ("http", "https") if cdn_purger == "varnish" else ("https",)
    cdn_purge_urls = values.list(
        "CDN_PURGE_URLS", **is_told, subcast=str.strip, validate=urls_of(*schemes)
    )
    cdn_purge_token = values.str("CDN_PURGE_TOKEN", **has_secret)
    _refuse_what_is_wrong(values)
    return Environment(
        environment=environment,
        debug=debug,
        var=var,
        port=port,
        public_url=public_url.rstrip("/"),
        live_url=live_url,
        allowed_hosts=allowed_hosts,
        trusted_proxies=trusted_proxies,
        secret_key=secret_key,
        secret_key_fallbacks=secret_key_fallbacks,
        database=_database(database_url, process),
        broker_url=broker_url,
        cache_url=cache_url,
        key_prefix=key_prefix,
        email=dj_email_url.parse(email_url) | (ONE_FILE_EACH if email_url[:5] == "file:" else {}),
        email_from=email_from or f"Colloquy <noreply@{urlsplit(public_url).hostname}>",
        rate_limits=rate_limits,
        challenges=challenges,
        challenge_tries=challenge_tries,
        disposable_mail=disposable_mail,
        metrics_port=metrics_port,
        metrics_host=metrics_host,
        stall_seconds=stall_seconds,
        log_format=log_format,
        log_requests=log_requests,
        outbound_allowed_networks=[ip_network(each) for each in outbound_allowed_networks],
        signin_providers=providers.read(signin_providers, https_only=not development),
        cdn_purger=cdn_purger,
        cdn_seconds=cdn_seconds,
        cdn_purge_urls=cdn_purge_urls,
        cdn_purge_token=cdn_purge_token,
    )


#: Pages are read some rows at a time, in the order of an index. Where the planner takes a thread
#: for a short one (its statistics are older than the rush), it would rather collect the whole of
#: it in a bitmap and sort that; and read all of a table rather than look some dozens of rows up.
#: What is prepared (`common.inserting`; nothing else is) is planned once: a page's plan takes
#: longer to make than its rows to read, and PostgreSQL would make five before it trusts one.
PLANNER = "-c enable_bitmapscan=off -c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan"


@dataclass(frozen=True)
class Limits:
    """How long a process waits for its database, in seconds. 0: as long as it takes."""

    connect: int
    statement: int = 0
    lock: int = 0
    idle_in_transaction: int = 0

    @property
    def options(self) -> str:
        """For the server, which keeps them itself."""
        named = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_in_transaction,
        }
        return " ".join(f"-c {name}={seconds}s" for name, seconds in named.items() if seconds)

    @property
    def patience(self) -> int | None:
        """For us, should the server not keep them: a second longer."""
        return self.statement + 1 if self.statement else None


#: By kind of process. Somebody waits for `web`; nobody may cut a migration or a backup short.
LIMITS = {
    "web": Limits(connect=2, statement=5, lock=2, idle_in_transaction=15),
    "worker": Limits(connect=5, statement=60, lock=20, idle_in_transaction=60),
    "command": Limits(connect=10),
}
#: A peer that is gone without a word: noticed after a minute when idle, else after ten seconds.
KEEPALIVES = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
#: How often a statement runs on a connection before it is prepared there.
PREPARED_AFTER = 0


def _process() -> str:
    """What this process is, from what it was started by: `web`, `worker` or `command`."""
    if "config.wsgi" in sys.modules:
        return "web"
    program = Path(sys.argv[0])
    return "worker" if "celery" in (program.name, program.parent.name) else "command"


def _database(url: str, process: str) -> dj_database_url.DBConfig:
    """How to connect. What the URL itself says comes last, and wins."""
    engine = "common.postgresql"
    config = dj_database_url.parse(url, engine, conn_max_age=60, conn_health_checks=True)
    limits = LIMITS[process]
    asked = config.get("OPTIONS", {})
    options = " ".join(filter(None, [PLANNER, limits.options, asked.get("options", "")]))
    own = {"connect_timeout": limits.connect, "prepare_threshold": PREPARED_AFTER, **KEEPALIVES}
    known = {**own, **asked, "options": options}
    # The last is for our own engine, of which the library's type knows nothing.
    return {**config, "OPTIONS": known, "PATIENCE_SECONDS": limits.patience}  # type: ignore[typeddict-unknown-key]


ENVIRONMENTS = ("development", "production")
CHALLENGES = ("by_risk", "always", "never")
PURGERS = ("none", "fastly", "cloudflare", "varnish")


def one_of(*choices: str) -> Callable[[str], None]:
    """Refuse all but `choices`."""

    def check(value: str) -> None:
        if value not in choices:
            raise ValidationError(f"must be {' or '.join(choices)}, not {value!r}.")

    return check


def url_of(*schemes: str, host: bool = True) -> Callable[[str], None]:
    """Refuse what is not a URL of one of `schemes` (with a host, unless told otherwise)."""

    def check(value: str) -> None:
        parts = urlsplit(value)
        if parts.scheme not in schemes or (host and not parts.hostname):
            raise ValidationError(f"must be a URL that begins with {schemes[0]}://.")

    return check


def urls_of(*schemes: str) -> Callable[[list[str]], None]:
    """Refuse a list in which one is not such a URL."""

    def check(values: list[str]) -> None:
        for value in values:
            url_of(*schemes)(value)

    return check


def long_keys(values: list[str]) -> None:
    """Refuse a key that is too short, or an empty one, which anybody could sign with."""
    if any(len(value) < SHORTEST_KEY for value in values):
        raise ValidationError(f"must list keys of {SHORTEST_KEY} characters or more.")


def networks(values: list[str]) -> None:
    """Refuse what is not a network."""
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            raise ValidationError(
                f"must list networks such as 10.1.0.0/16 or fd00::/8, not {value!r}."
            ) from None


def providers_file(*, https_only: bool) -> Callable[[str], None]:
    """Refuse a file of sign-in providers that is not right."""

    def check(path: str) -> None:
        try:
            providers.read(path, https_only=https_only)
        except providers.BadProviders as fault:
            raise ValidationError(str(fault)) from None

    return check


def off(value: bool) -> None:
    """Refuse a switch that is on."""
    if value:
        raise ValidationError("may be on in development only.")


def on(value: bool) -> None:
    """Refuse a switch that is off."""
    if not value:
        raise ValidationError("may be off in development only.")


def _refuse_what_is_wrong(values: Env) -> None:
    try:
        values.seal()
    except EnvValidationError as invalid:
        # Typed as marshmallow's lists or mappings; sealing makes one list for each name.
        wrong: dict[str, list[str]] = dict(invalid.error_messages)  # type: ignore[arg-type]
        problems = [_sentence(name, texts[0]) for name, texts in wrong.items()]
        raise Misconfigured(problems) from None


def _sentence(name: str, text: str) -> str:
    if text == "Environment variable not set.":
        return f"{name} is not set; it looks like {EXAMPLES[name]}"
    return f"{name} {text.replace('Not a', 'is not a')}"


def _read_or_exit() -> Environment:
    try:
        return read()
    except Misconfigured as wrong:
        print(*wrong.problems, sep="\n", file=sys.stderr)
        print("docs/configuration.md describes each. To try Colloquy: make run", file=sys.stderr)
        raise SystemExit(2) from None


env = _read_or_exit()
