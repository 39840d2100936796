"""Wiring: Django's settings, from the environment that `config.environment` has checked."""

import os
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from kombu import Queue

from common import logs
from config.environment import env

BASE_DIR = Path(__file__).resolve().parent.parent

# -- who we are ------------------------------------------------------------------------------
DEBUG = env.debug
SECRET_KEY = env.secret_key
SECRET_KEY_FALLBACKS = env.secret_key_fallbacks
ALLOWED_HOSTS = env.allowed_hosts
PUBLIC_URL = env.public_url
LIVE_URL = env.live_url
COLLOQUY_ENV = env.environment
IN_PRODUCTION = env.environment == "production"
VAR = env.var
PORT = env.port
TRUSTED_PROXIES = env.trusted_proxies

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "operations",
    "newsroom",
    "notifications",
    "moderation",
    "articles",
    "comments",
    "accounts",
    "publishers",
    "outbox",
    "config.admin.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.apple",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.kakao",
    "allauth.socialaccount.providers.line",
    "allauth.socialaccount.providers.naver",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "pgtrigger",
]

MIDDLEWARE = [
    "operations.requests.Watched",
    "accounts.even.Evenly",
    "common.middleware.PublicReads",
    "django.middleware.security.SecurityMiddleware",
    "config.static.StaticFiles",
    "publishers.cors.CrossOrigin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.middleware.SoundRequests",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.pages.Policy",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.guard.Guard",
    "accounts.middleware.SignedInPlaces",
]
#: What a call of the API meets instead that brings no cookie (`common.calls`).
CALL_MIDDLEWARE = [
    "operations.requests.Watched",
    "common.middleware.PublicReads",
    "django.middleware.security.SecurityMiddleware",
    "publishers.cors.CrossOrigin",
    "common.calls.Language",
    "django.middleware.common.CommonMiddleware",
    "common.middleware.SoundRequests",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# -- the record, the cache, the broker -------------------------------------------------------
DATABASES = {"default": env.database}
CACHES = {
    "default": {
        "BACKEND": "common.cache.Cache",
        "LOCATION": env.cache_url,
        "KEY_PREFIX": env.key_prefix,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}

CELERY_BROKER_URL = env.broker_url
CELERY_BROKER_TRANSPORT = "config.broker:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": env.key_prefix,
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "max_retries": 0,  # who posts does not wait for a broker that is away: the sweeper comes
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
#: Celery sleeps it out where any task runs; ours take slices of two seconds, and what is not done
#: by then is due again when its lease is over.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
#: Queues by urgency: `screening` has a process of its own, so that no digest can delay it, and so
#: has `screening_network`, where other people's servers are waited for.
CELERY_TASK_QUEUES = [
    Queue(name) for name in ("screening", "screening_network", "delivery", "bulk")
]
CELERY_TASK_DEFAULT_QUEUE = "delivery"
CELERY_TASK_ROUTES = {
    "screen_comment": {"queue": "screening"},
    "screen_over_network": {"queue": "screening_network"},
    "publishers.purge_answers": {"queue": "screening_network"},
    "articles.relate": {"queue": "bulk"},
    "articles.weigh_talk": {"queue": "bulk"},
    "outbox.purge": {"queue": "bulk"},
    "accounts.purge": {"queue": "bulk"},
    "moderation.forget_texts": {"queue": "bulk"},
    "comments.forget_posts": {"queue": "bulk"},
    "operations.reconcile": {"queue": "bulk"},
}
#: Beat only sweeps: what a lost message left behind is found again by these.
CELERY_BEAT_SCHEDULE = {
    "sweep the outbox": {"task": "outbox.sweep", "schedule": 2.0},
    "weigh the talk": {"task": "articles.weigh_talk", "schedule": 30.0},
    "fold the counts": {"task": "comments.fold_counts", "schedule": 5.0},
    "purge what is done": {"task": "outbox.purge", "schedule": 3600.0},
    "forget old sign-ins": {"task": "accounts.purge", "schedule": 3600.0},
    "forget old texts": {"task": "moderation.forget_texts", "schedule": 3600.0},
    "forget old posts": {"task": "comments.forget_posts", "schedule": 3600.0},
    "recount": {"task": "operations.reconcile", "schedule": crontab(hour=3, minute=17)},  # UTC
}

# -- comments --------------------------------------------------------------------------------
#: What looks at a draft, in this order; the first that does not pass ends screening.
COMMENT_PHASES = [
    "moderation.phases.length.hold_long",
    "moderation.phases.links.hold_link_heavy",
    "moderation.phases.words.find_listed_words",
    "moderation.phases.repeats.hold_repeated",
    "moderation.phases.hook.ask_hook",
]

# -- who signs in ----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "account_home"
#: Addresses instead of user names; passwords are optional, a code by mail always works.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "accounts.adapters.display_name"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupName"
ACCOUNT_FORMS = {
    "login": "accounts.popup_forms.SignInByPassword",
    "request_login_code": "accounts.popup_forms.SignInByCode",
    "reset_password": "accounts.popup_forms.ForgottenPassword",
    "signup": "accounts.popup_forms.SignUp",
    "add_email": "accounts.popup_forms.NewAddress",
    "confirm_login_code": "accounts.popup_forms.AskCode",
    "confirm_email_verification_code": "accounts.popup_forms.AskVerificationCode",
}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
#: Wrong passwords and codes asked for are counted for account and address block together
#: (accounts.adapters, "mailing" below): a stranger elsewhere must not lock anybody out.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = (
    {"request_login_code": "20/m/ip,12/m/key"} if env.rate_limits else False
)
#: Digits, since letters are a burden where an input method stands between keyboard and page.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
HEADLESS_TOKEN_STRATEGY = "accounts.strategy.AppTokenStrategy"
#: Whose address counts for allauth is said by our one rule (the adapter); this agrees with it.
ALLAUTH_TRUSTED_PROXY_COUNT = env.trusted_proxies
USERSESSIONS_ADAPTER = "accounts.adapters.PlacesAdapter"
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {"add_webauthn": "accounts.popup_forms.AddPasskey"}
MFA_PASSKEY_LOGIN_ENABLED = MFA_PASSKEY_SIGNUP_ENABLED = True
#: A passkey wants a finger, a face or a PIN each time: by itself it is two factors.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
#: Asking for a challenge counts too. A passkey cannot be guessed: this only bounds the work.
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"} if env.rate_limits else False
MFA_TOTP_ISSUER = "Colloquy"
MFA_TOTP_TOLERANCE = 1
#: Whom else a reader may sign in with: what the file SIGNIN_PROVIDERS says, else nobody. What is
#: asked of them goes the guarded way; nothing they could be asked with later is kept.
SOCIALACCOUNT_PROVIDERS = env.signin_providers
SOCIALACCOUNT_ADAPTER = "accounts.social.adapter.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {
    "disconnect": "accounts.social.forms.Disconnect",
    "signup": "accounts.social.forms.SignUp",
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True  # where a provider's addresses are trusted
SOCIALACCOUNT_STORE_TOKENS = False
#: Tokens of the app client hang on rows of this store (accounts.models.Token).
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "common.problems.csrf_failure"

# -- how often is too often --------------------------------------------------------------------
RATE_LIMITS_ON = env.rate_limits
#: For each policy that a view may name, and for whom it counts: (so many at once, and as many
#: again over so many seconds). docs/operations.md says what each is for.
RATE_LIMITS = {
    "posting": {"account": [(20, 60), (120, 3600)], "address": [(300, 60), (6_000, 3600)]},
    "posting_here": {"site": [(6_000, 60)]},
    "editing": {"account": [(20, 60), (120, 3600)], "address": [(300, 60)]},
    "voting": {
        "account": [(60, 60), (900, 3600)],
        "address": [(3_000, 60)],
        "site": [(60_000, 60)],
    },
    "reporting": {"account": [(10, 60), (60, 3600)], "address": [(120, 60)], "site": [(3_000, 60)]},
    "previewing": {"account": [(60, 60)], "address": [(1_200, 60)]},
    "clicking": {"address": [(300, 60), (3_000, 3600)]},
    "own_account": {"account": [(60, 60)], "address": [(600, 60)]},
    "avatars": {"account": [(5, 60), (20, 3600)], "address": [(60, 60)]},
    "signing_in": {"account": [(30, 60)], "address": [(300, 60)]},
    #: Everything that is sent to `/accounts/`, `/_allauth/` and the popup, beside allauth's own.
    "account_pages": {"account": [(60, 60)], "address": [(120, 60), (1_800, 3600)]},
    #: Mail that somebody asks for, counted for mailbox and address block together.
    "mailing": {"address": [(3, 60), (20, 3600)]},
    "publishing": {"site": [(1_200, 60)]},
    "publishing_many": {"site": [(60, 60)]},
    "opening": {
        "account": [(5, 60), (30, 3600)],
        "address": [(60, 60), (600, 3600)],
        "site": [(120, 60), (2_000, 3600)],
    },
    "staff": {"account": [(120, 60), (3_000, 3600)], "address": [(1_200, 60)]},
    "inviting": {"account": [(20, 3600)], "site": [(60, 3600)]},
}
#: What part of an account's rates it has in its first day.
NEW_ACCOUNT_SECONDS = 24 * 3600
NEW_ACCOUNT_SHARE = 0.5
#: A thread is in heat after more than `posts` in `seconds`: for `cooling` seconds, and on while
#: as many more come in that time, each reader waits `pause` seconds between comments in it.
THREAD_HEAT = {"posts": 300, "seconds": 60, "cooling": 120, "pause": 30}

# -- who has to work first ----------------------------------------------------------------------
#: When signing in or up costs the sender a proof of work: `by_risk` (accounts/risk.py), `always`
#: or `never`. Of `tries` numbers one fits, each costs `cost` rounds of PBKDF2, within `seconds`.
CHALLENGES = env.challenges
CHALLENGE = {"cost": 1_000, "tries": env.challenge_tries, "seconds": 300}
#: Answers to who is not signed in leave account pages after whole multiples of this, so that their
#: time does not tell who has an account: longer than any of them takes, but for hashing.
EVEN_SECONDS = 0.1
#: What holds for the built-in list of domains that lend mailboxes: accounts/disposable.txt.
DISPOSABLE_MAIL = env.disposable_mail

# -- the API ---------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.FirstPartySession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["common.permissions.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["common.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.json.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "common.schema.AutoSchema",
    "EXCEPTION_HANDLER": "common.problems.to_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_VERSIONING_CLASS": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Colloquy",
    "DESCRIPTION": "Reader comments and engagement for publishers.",
    "VERSION": "v1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["common.permissions.Anyone"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "CommentStatus": "comments.states.Status",
        "FlagReason": "moderation.states.FlagReason",
        "CommentsSwitch": "articles.states.CommentsSwitch",
        "ThreadStateOnTheWire": "comments.states.PublicThreadState",
    },
}

# -- languages, mail, files ------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

EMAIL_BACKEND = env.email["EMAIL_BACKEND"]
EMAIL_HOST = env.email.get("EMAIL_HOST", "")
EMAIL_PORT = env.email.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.email.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.email.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 5  # seconds; a reader who asked for a code is waiting
EMAIL_FILE_PATH = env.var / "mail"
DEFAULT_FROM_EMAIL = env.email_from
SERVER_EMAIL = DEFAULT_FROM_EMAIL

STATIC_URL = "/static/"
STATIC_ROOT = env.var / "static"
STATICFILES_DIRS: list[Path] = []
WIDGET_DIR = BASE_DIR / "widget" / "dist"
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

# -- safety ----------------------------------------------------------------------------------
SECURE_PROXY = env.trusted_proxies > 0
if SECURE_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IN_PRODUCTION
SECURE_SSL_REDIRECT = IN_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IN_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IN_PRODUCTION
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
#: Networks beside the public ones that hooks may be called in.
OUTBOUND_ALLOWED_NETWORKS = env.outbound_allowed_networks
#: Who is told what to forget, before us: then public answers live there for so many seconds.
CDN_PURGER = env.cdn_purger
CDN_SECONDS = env.cdn_seconds
CDN_PURGE_URLS = env.cdn_purge_urls
CDN_PURGE_TOKEN = env.cdn_purge_token
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, *([env.live_url] if env.live_url else [])],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- watching --------------------------------------------------------------------------------
LOG_AS_JSON = env.log_format == "json"
#: Whether each private request has a line, or only those that failed or took long.
LOG_ALL_REQUESTS = env.log_requests == "all"
LOGGING = logs.dict_config(as_json=LOG_AS_JSON, explicit=DEBUG)
METRICS_PORT = env.metrics_port
METRICS_HOST = env.metrics_host
METRICS_DIR = env.var / "metrics"
if METRICS_PORT:
    # Each process counts in a file of its own here; prometheus-client looks when it is imported.
    METRICS_DIR.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
#: A queue that stood still so long while work was due has lost its worker.
STALL_SECONDS = env.stall_seconds
