"""Settings: one file for every environment; what differs comes from the environment (docs/deploying.md)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG")
# The local switch of `make run`: plain HTTP on this machine. Never set it on a server.
LOCAL_HTTP = env.flag("LOCAL_HTTP")
INSECURE_OK = DEBUG or LOCAL_HTTP
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("SECRET_KEY must be set (50 random characters or more).")
    SECRET_KEY = "only-for-debug-" + "x" * 50
elif len(SECRET_KEY) < 50 and not DEBUG:
    raise ImproperlyConfigured("SECRET_KEY must have 50 characters or more.")

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS") or (LOCAL_HOSTS if INSECURE_OK else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that the site answers to.")
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts; '*' would accept any.")
CSRF_TRUSTED_ORIGINS = env.urls("CSRF_TRUSTED_ORIGINS")

# The public address of the site (citations, exports). Without it the address of the request is used.
SITE_URL = env.url("SITE_URL", "http://localhost") if env.text("SITE_URL") else ""
if SITE_URL and not INSECURE_OK and urlsplit(SITE_URL).scheme != "https":
    raise ImproperlyConfigured("SITE_URL must start with https.")
CONTACT_EMAIL = env.text("CONTACT_EMAIL")
if CONTACT_EMAIL and ("@" not in CONTACT_EMAIL or " " in CONTACT_EMAIL):
    raise ImproperlyConfigured(f"CONTACT_EMAIL must be an e-mail address, not {CONTACT_EMAIL!r}.")
# How many messages of visitors are taken within an hour: of one sender, and of all.
MESSAGES_PER_SENDER = env.number("MESSAGES_PER_SENDER", 5, 1, 1000)
MESSAGES_PER_HOUR = env.number("MESSAGES_PER_HOUR", 200, 1, 100_000)
# How e-mail about them is sent: without it to nobody, while developing to the terminal.
MAIL = env.mail("EMAIL_URL", "console:" if DEBUG else "none:")
EMAIL_BACKEND = f"django.core.mail.backends.{MAIL.backend}.EmailBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.host, MAIL.port, MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.is_starttls, MAIL.is_tls
EMAIL_TIMEOUT = 5
# How many requests to the API one sender may make in a minute; 0: as many as they like.
API_PER_MINUTE = env.number("API_PER_MINUTE", 120, 0, 100_000)
# Whether reviewers may publish what they wrote themselves, and correct published cases directly: for a team of one.
PUBLISH_OWN_WORK = env.flag("PUBLISH_OWN_WORK")
PAPER_URL = env.url(
    "PAPER_URL",
    "https://publications.iom.int/books/white-paper-mainstreaming-migration-local-development-planning-and-beyond",
)

INSTALLED_APPS = [
    # Django's admin, with a site of our own.
    "mainstreaming.apps.CasebookAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "mainstreaming.accounts",
    "recommendations",
    "casestudies",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "mainstreaming.middleware.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mainstreaming.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Asks nothing of the database: it answers for a login that was refused.
    "axes.middleware.AxesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mainstreaming.middleware.InputMiddleware",
    "casestudies.admin.recording.RecordingMiddleware",
    # Innermost: what it answers 304 to has passed everything else.
    "casestudies.views.conditional.VersionMiddleware",
]

ROOT_URLCONF = "mainstreaming.urls"
WSGI_APPLICATION = "mainstreaming.wsgi.application"

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
                "mainstreaming.context_processors.site",
            ],
        },
    },
]


def database() -> dict:
    """The database of DATABASE_URL; SQLite in var/ without it. Raises ImproperlyConfigured on a bad value."""
    (BASE_DIR / "var").mkdir(exist_ok=True)
    url = env.text("DATABASE_URL") or f"sqlite:///{BASE_DIR / 'var' / 'db.sqlite3'}"
    try:
        config = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL is no database address: {error}") from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # Readers go on while one writes; a writer waits for its turn instead of failing.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif config["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must be a sqlite or a postgresql address.")
    return config


DATABASES = {"default": database()}
# In the memory of each process: nothing kept in it is missed when it goes.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # How often senders asked the API within the last minutes.
    "limits": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "limits",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Logins are counted in the database, so that all processes count alike (mainstreaming/accounts/throttle.py).
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "mainstreaming.accounts.throttle.LoginHandler"
AXES_CLIENT_IP_CALLABLE = "mainstreaming.accounts.throttle.client_address"
AXES_LOCKOUT_CALLABLE = "mainstreaming.accounts.throttle.lockout_response"
# How many logins may fail with one name from one address, from one address in all, and for how long they count.
AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURES", 5, 1, 1000)
LOGIN_FAILURES_PER_ADDRESS = env.number("LOGIN_FAILURES_PER_ADDRESS", 30, 1, 100_000)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("LOGIN_LOCK_MINUTES", 30, 1, 10_080))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The page says for how long: trying meanwhile does not make it longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "carried", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
# Whether all staff must have a second factor. Its name in their apps.
STAFF_TOTP_REQUIRED = env.flag("STAFF_TOTP_REQUIRED")
OTP_TOTP_ISSUER = "Mainstreaming Casebook"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

SESSION_COOKIE_AGE = env.number("SESSION_HOURS", 12, 1, 336) * 3600
# What was typed in the admin is not lost with a session or a token.
CSRF_FAILURE_VIEW = "mainstreaming.accounts.views.csrf_failure"
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
# Years and numbers alike would be grouped; the filter `number` groups what is a quantity.
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT") or BASE_DIR / "var" / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# The same policy on every page, the admin included: nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not INSECURE_OK
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 0 if INSECURE_OK else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not INSECURE_OK
SECURE_HSTS_PRELOAD = not INSECURE_OK
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_OK
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Only where a proxy in front sets the headers and removes what visitors send (docs/deploying.md).
BEHIND_PROXY = env.flag("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The API only reads: nobody signs in, nothing is sent, the pages for people are the site's own.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "casestudies.api.views.answer_problem",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": _("Mainstreaming Casebook"),
    "DESCRIPTION": _("How cities and regions plan with migration: the cases and what they share, to read."),
    "VERSION": "1",
    "LICENSE": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    # In the order in which they are declared.
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": ["casestudies.api.document.add_components"],
}

DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
