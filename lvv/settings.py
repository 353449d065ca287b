"""The settings of trial, test and production. What differs between them comes from the environment.

Production is the default. When a secret is missing, the start ends with one clear line.
"""

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
# The one version of the product; the interface for machines has a version of its own (API_VERSION).
VERSION = str(tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"])


def required(name: str) -> str:
    """The value of an environment variable. Without it and without a default, the program ends with one clear line."""
    if value := os.environ.get(name):
        return value
    raise ImproperlyConfigured(f"Instelling {name} ontbreekt: zet deze omgevingsvariabele en start opnieuw.")


def listed(name: str) -> list[str]:
    """A comma-separated environment variable as a list."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def database(url: str) -> dict[str, object]:
    """A Django database from `postgres://role:password@host:port/name`; a socket folder is a quoted host."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL moet met postgres:// beginnen; andere databases kunnen niet.")
    host = unquote(parts.netloc.rpartition("@")[2])
    is_socket = host.startswith("/")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host if is_socket else unquote(parts.hostname or ""),
        "PORT": "" if is_socket else str(parts.port or ""),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


SECRET_KEY = required("SECRET_KEY")
# Earlier ones, while what was signed or encrypted with them is still about.
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
# Signs the releases of the monitor: 32 random bytes in base64. Without it nothing can be released.
RELEASE_KEY = os.environ.get("RELEASE_KEY", "")
IS_TRIAL = os.environ.get("LVV_TRIAL") == "1"
# The file that says how far the building of the demo world is. Without a name nobody is told.
DEMO_PROGRESS = os.environ.get("LVV_DEMO_PROGRESS", "")
DEBUG = False
ALLOWED_HOSTS = listed("ALLOWED_HOSTS") or (["127.0.0.1", "localhost", "[::1]"] if IS_TRIAL else [])
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")
# The links in mails start with it.
SITE_URL = (CSRF_TRUSTED_ORIGINS or ["http://127.0.0.1:8000"])[0]

INSTALLED_APPS = [
    "lvv",
    "monitor",
    "mrt",
    "scenarios",
    "cases",
    "accounts",
    "core",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.idp.oidc",
    "crispy_forms",
    "csp",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    # First, so that it sees what any of the others refuses.
    "lvv.problems.ApiAnswers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.PlainCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionLimits",
    "accounts.middleware.ClosedByDefault",
    "accounts.middleware.PrivateResponses",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "lvv.urls"
WSGI_APPLICATION = "lvv.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lvv.context.frame",
            ],
            # Every template has them without loading them.
            "builtins": ["core.templatetags.components", "cases.templatetags.people"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = "nlds"
CRISPY_TEMPLATE_PACK = "nlds"

# The web connects as lvv_web. Migrations, roles and the demo world use the owner's address (see `manage.py prepare`).
DATABASES = {"default": database(required("DATABASE_URL"))}
DATABASE_OWNER = database(os.environ["DATABASE_OWNER_URL"]) if "DATABASE_OWNER_URL" in os.environ else None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Throttles live in PostgreSQL, so that emptying Redis resets no bucket.
# So many places that no flood of addresses pushes a bucket out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.login.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "accounts.login.LongEnough",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.login.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "LVV"
MFA_ADAPTER = "accounts.factors.Adapter"
MFA_FORMS = {"authenticate": "accounts.login.SecondFactor"}
# The second factor is compulsory outside the trial run.
MFA_IS_REQUIRED = os.environ.get("LVV_REQUIRE_MFA", "0" if IS_TRIAL else "1") == "1"

# Machine clients: OAuth 2 client credentials, short tokens.
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 600

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
SESSION_IDLE_LIMIT = timedelta(minutes=60)
SESSION_ABSOLUTE_LIMIT = timedelta(hours=10)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "lvv.errors.csrf_failure"
if not IS_TRIAL:
    SESSION_COOKIE_NAME = "__Host-lvv"
    CSRF_COOKIE_NAME = "__Host-lvv-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = os.environ.get("LVV_SSL_REDIRECT", "1") == "1"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

LANGUAGE_CODE = "nl"
TIME_ZONE = "Europe/Amsterdam"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("LVV_STATIC_ROOT", BASE_DIR / "var" / "static"))
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "lvv.vendor.VendorFinder"]
# Ours alone: no page asks for the files of the libraries.
STATICFILES_DIRS = [BASE_DIR / "lvv" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# How many proxies of ours stand before the web: without them a client could name any address as its own.
PROXIES = int(os.environ.get("LVV_PROXIES", "0" if IS_TRIAL else "1"))
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
API_VERSION = "1.2.0"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.login.MachineToken", "accounts.login.PersonSession"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.access.Gate"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "120/min", "token": "20/min"},
    "NUM_PROXIES": PROXIES,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "monitor.api.description.Schema",
    "EXCEPTION_HANDLER": "lvv.problems.handle",
}
# Whom a user of the open figures writes to. The addresses of a trial end in `.invalid`, which leads nowhere.
CONTACT = {
    "name": os.environ.get("LVV_CONTACT_NAME", "Beheer LVV-monitor"),
    "url": os.environ.get("LVV_CONTACT_URL", "https://lvv.example.invalid/contact"),
    "email": os.environ.get("LVV_CONTACT_EMAIL", "monitor@lvv.example.invalid"),
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "LVV-monitor",
    "DESCRIPTION": "De vaste landelijke meetset van de Landelijke Vreemdelingenvoorzieningen. Elk cijfer hoort bij een "
    "peildatum en bij wat op een moment bekend was. Hetzelfde paar geeft altijd dezelfde cijfers. Openbare "
    "uitgaven mag iedereen ophalen; voor al het andere is een token nodig. De interface bevat geen persoonsgegevens.",
    "VERSION": API_VERSION,
    "CONTACT": CONTACT,
    "SERVERS": [{"url": "/v1"}],
    "SCHEMA_PATH_PREFIX": "",
    "AUTHENTICATION_WHITELIST": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ReleaseKind": ["provisional", "final", "corrected"],
        "RevisionKind": ["regular", "correction"],
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "lvv.api_document.complete"],
}

# Redis only wakes the workers: whatever must happen stands in PostgreSQL.
REDIS_URL = os.environ.get("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or "memory://"
# How long a worker has an effect for itself; another one takes over when it ends.
EFFECT_LEASE = timedelta(seconds=float(os.environ.get("LVV_EFFECT_LEASE", "20")))
LONG_EFFECT_LEASE = timedelta(seconds=float(os.environ.get("LVV_LONG_EFFECT_LEASE", "300")))
EMAIL_BACKEND = os.environ.get(
    "LVV_EMAIL_BACKEND",
    "django.core.mail.backends.console.EmailBackend" if IS_TRIAL else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = os.environ.get("LVV_FROM_EMAIL", "lvv@example.invalid")
# The head of the audit chain is also written here, outside the database; on another volume in production.
AUDIT_ANCHOR_FILE = Path(os.environ.get("LVV_AUDIT_ANCHOR", BASE_DIR / "var" / "audit-anchor.log"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # The heads of the audit chain are in the log too.
    "loggers": {"accounts": {"level": "INFO"}, "core": {"level": "INFO"}},
}
