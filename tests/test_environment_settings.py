"""Settings from the environment: bad values stop the start and name the variable; production is safe by default."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured

from mainstreaming import environment
from tests.environment import CLEARED

SECRET = "s" * 50
PRODUCTION = {
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "casebook.example.org",
    "DATABASE_URL": "sqlite:///:memory:",
}
NAMES = (*CLEARED, "API_PER_MINUTE", "SECRET_KEY", "DEBUG", "LOCAL_HTTP", "DATABASE_URL")


@pytest.fixture
def load(monkeypatch):
    """Read the settings anew in an environment that holds only what is given. Django's own settings stay."""

    def load(**values: str) -> ModuleType:
        for name in NAMES:
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        spec = importlib.util.find_spec("mainstreaming.settings")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    before = sys.modules.get("mainstreaming.settings")
    yield load
    assert sys.modules.get("mainstreaming.settings") is before


@pytest.mark.parametrize(("name", "value"), [
    ("DEBUG", "maybe"),
    ("DEBUG", "2"),
    ("LOCAL_HTTP", "yes please"),
    ("BEHIND_PROXY", "nginx"),
    ("LOGIN_FAILURES", "0"),
    ("SESSION_HOURS", "1.5"),
    ("STAFF_TOTP_REQUIRED", "all"),
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "   "),
    ("SECRET_KEY", "s" * 49),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", " , "),
    ("ALLOWED_HOSTS", "*"),
    ("ALLOWED_HOSTS", "a.example.org,*"),
    ("ALLOWED_HOSTS", "https://a.example.org"),
    ("ALLOWED_HOSTS", "a.example.org b.example.org"),
    ("CSRF_TRUSTED_ORIGINS", "a.example.org"),
    ("CSRF_TRUSTED_ORIGINS", "https://a.example.org,ftp://b.example.org"),
    ("CSRF_TRUSTED_ORIGINS", "https://"),
    ("SITE_URL", "casebook.example.org"),
    ("SITE_URL", "http://casebook.example.org"),
    ("SITE_URL", "https://casebook.example.org:port"),
    ("SITE_URL", "javascript:alert(1)"),
    ("CONTACT_EMAIL", "nobody"),
    ("CONTACT_EMAIL", "no body@example.org"),
    ("PAPER_URL", "ftp://example.org/paper"),
    ("PAPER_URL", "https://"),
    ("DATABASE_URL", "mysql://localhost/casebook"),
    ("DATABASE_URL", "casebook.sqlite3"),
    ("DATABASE_URL", "postgresql://localhost:port/casebook"),
    ("DATABASE_URL", "nonsense://x"),
    ("API_PER_MINUTE", "-1"),
    ("API_PER_MINUTE", "100001"),
    ("MESSAGES_PER_SENDER", "0"),
    ("MESSAGES_PER_SENDER", "five"),
    ("MESSAGES_PER_HOUR", "-1"),
    ("MESSAGES_PER_HOUR", "100001"),
    ("EMAIL_URL", "mail.example.org"),
    ("EMAIL_URL", "https://mail.example.org"),
    ("EMAIL_URL", "smtps://"),
    ("EMAIL_URL", "smtps://mail.example.org:port"),
    ("EMAIL_URL", "smtps://mail.example.org/inbox"),
    ("EMAIL_URL", "smtps://mail.example.org?tls=1"),
    ("EMAIL_URL", "smtp://user:secret@mail.example.org"),
    ("EMAIL_URL", "console"),
])  # fmt: skip
def test_a_bad_value_is_refused_with_the_name_of_its_variable(load, name, value):
    with pytest.raises(ImproperlyConfigured, match=rf"\b{name}\b"):
        load(**(PRODUCTION | {name: value}))


@pytest.mark.parametrize(("value", "expected"), [
    ("1", True), ("true", True), ("Yes", True), ("ON", True), (" 1 ", True),
    ("0", False), ("false", False), ("No", False), ("off", False), ("", False),
])  # fmt: skip
def test_flags(monkeypatch, value, expected):
    monkeypatch.setenv("FLAG", value)
    assert environment.flag("FLAG") is expected


@pytest.mark.parametrize("value", ["-1", "0", "11", "1.5", "ten", "", "²"])
def test_numbers_outside_their_span_are_refused(monkeypatch, value):
    monkeypatch.setenv("WORKERS", value)
    with pytest.raises(ImproperlyConfigured, match=r"WORKERS must be a whole number from 1 to 10"):
        environment.number("WORKERS", 2, 1, 10)


def test_numbers_and_their_default(monkeypatch):
    assert environment.number("WORKERS", 2, 1, 10) == 2
    monkeypatch.setenv("WORKERS", "10")
    assert environment.number("WORKERS", 2, 1, 10) == 10


def test_production_is_safe_by_default(load):
    settings = load(**PRODUCTION)
    assert {
        name: getattr(settings, name)
        for name in (
            "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_PRELOAD",
            "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
            "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE", "X_FRAME_OPTIONS",
            "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_REFERRER_POLICY", "SECURE_CROSS_ORIGIN_OPENER_POLICY",
            "SECURE_REDIRECT_EXEMPT", "CSRF_TRUSTED_ORIGINS", "SITE_URL", "CONTACT_EMAIL",
        )
    } == {
        "DEBUG": False,
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": ["casebook.example.org"],
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_PRELOAD": True,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "X_FRAME_OPTIONS": "DENY",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$"],
        "CSRF_TRUSTED_ORIGINS": [],
        "SITE_URL": "",
        "CONTACT_EMAIL": "",
    }  # fmt: skip
    # The header of a proxy is believed only where somebody says that there is one.
    assert not hasattr(settings, "SECURE_PROXY_SSL_HEADER")
    assert settings.STORAGES["staticfiles"]["BACKEND"] == "whitenoise.storage.CompressedManifestStaticFilesStorage"
    assert load(**PRODUCTION, BEHIND_PROXY="1").SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")


def test_there_is_no_default_secret_outside_debug(load):
    without = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    for more in ({}, {"LOCAL_HTTP": "1"}, {"DEBUG": "0"}):
        with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be set"):
            load(**without, **more)
    assert len(load(DEBUG="1").SECRET_KEY) >= 50


def test_only_the_local_switch_or_debug_serve_plain_http(load):
    for more in ({"LOCAL_HTTP": "1"}, {"DEBUG": "1"}):
        settings = load(SECRET_KEY=SECRET, **more)
        assert settings.ALLOWED_HOSTS == ["localhost", "127.0.0.1", "[::1]"]
        assert (settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS, settings.SESSION_COOKIE_SECURE) == (
            False,
            0,
            False,
        )
    assert load(SECRET_KEY=SECRET, LOCAL_HTTP="1").DEBUG is False


def test_lists_and_addresses_are_read(load):
    settings = load(**PRODUCTION | {
        "ALLOWED_HOSTS": "a.example.org, .b.example.org,",
        "CSRF_TRUSTED_ORIGINS": "https://a.example.org/, https://*.b.example.org",
        "SITE_URL": "https://a.example.org/",
        "CONTACT_EMAIL": "casebook@example.org",
        "PAPER_URL": "https://example.org/paper",
    })  # fmt: skip
    assert settings.ALLOWED_HOSTS == ["a.example.org", ".b.example.org"]
    assert settings.CSRF_TRUSTED_ORIGINS == ["https://a.example.org", "https://*.b.example.org"]
    assert (settings.SITE_URL, settings.CONTACT_EMAIL, settings.PAPER_URL) == (
        "https://a.example.org", "casebook@example.org", "https://example.org/paper",
    )  # fmt: skip


def mail_settings(settings: ModuleType) -> tuple:
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    backend = settings.EMAIL_BACKEND.removeprefix("django.core.mail.backends.").removesuffix(".EmailBackend")
    return (backend, *(getattr(settings, f"EMAIL_{name}") for name in names))


@pytest.mark.parametrize(("url", "expected"), [
    ("smtp://localhost", ("smtp", "localhost", 25, "", "", False, False)),
    ("smtp://localhost:0", ("smtp", "localhost", 0, "", "", False, False)),
    ("smtp+starttls://u%40x.org:p%3Aw@mail.example.org",
     ("smtp", "mail.example.org", 587, "u@x.org", "p:w", True, False)),
    ("smtps://user:secret@mail.example.org:4650/",
     ("smtp", "mail.example.org", 4650, "user", "secret", False, True)),
    ("console:", ("console", "", 0, "", "", False, False)),
    ("none:", ("dummy", "", 0, "", "", False, False)),
])  # fmt: skip
def test_mail_servers_are_read(load, url, expected):
    assert mail_settings(load(**PRODUCTION, EMAIL_URL=url)) == expected


def test_without_a_mail_server_nothing_is_sent_and_while_developing_it_is_shown(load):
    assert mail_settings(load(**PRODUCTION))[0] == "dummy"
    assert mail_settings(load(SECRET_KEY=SECRET, LOCAL_HTTP="1"))[0] == "dummy"
    assert mail_settings(load(DEBUG="1"))[0] == "console"
    assert load(**PRODUCTION).EMAIL_TIMEOUT == 5


def test_a_password_of_the_mail_server_is_never_shown(load):
    for url in ("smtp://user:hush@mail.example.org", "ftp://user:hush@x", "smtps://user:hush@x:port", "smtps://:hush@"):
        with pytest.raises(ImproperlyConfigured) as refused:
            load(**PRODUCTION, EMAIL_URL=url)
        assert "hush" not in str(refused.value)
        assert refused.value.__cause__ is None or "hush" not in str(refused.value.__cause__)


def test_how_many_messages_are_taken(load):
    settings = load(**PRODUCTION)
    assert (settings.MESSAGES_PER_SENDER, settings.MESSAGES_PER_HOUR) == (5, 200)
    settings = load(**PRODUCTION, MESSAGES_PER_SENDER="1", MESSAGES_PER_HOUR="100000")
    assert (settings.MESSAGES_PER_SENDER, settings.MESSAGES_PER_HOUR) == (1, 100_000)


def test_requests_to_the_api_are_limited(load):
    assert load(**PRODUCTION).API_PER_MINUTE == 120
    assert load(**PRODUCTION, API_PER_MINUTE="0").API_PER_MINUTE == 0


def test_a_proxy_is_believed_where_somebody_says_so(load):
    assert load(**PRODUCTION).BEHIND_PROXY is False
    assert load(**PRODUCTION, BEHIND_PROXY="1").BEHIND_PROXY is True


@pytest.mark.parametrize(("url", "engine", "name"), [
    ("sqlite:////srv/casebook.sqlite3", "sqlite3", "/srv/casebook.sqlite3"),
    ("postgresql://user:secret@db.example.org:5433/casebook", "postgresql", "casebook"),
    ("postgres://user@%2Frun%2Fpostgresql/casebook", "postgresql", "casebook"),
])  # fmt: skip
def test_both_databases_are_taken(load, url, engine, name):
    database = load(**PRODUCTION | {"DATABASE_URL": url}).DATABASES["default"]
    assert (database["ENGINE"], database["NAME"]) == (f"django.db.backends.{engine}", name)


def test_the_policy_lets_nothing_inline_and_nothing_from_elsewhere(load):
    directives = load(**PRODUCTION).CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert {value for values in directives.values() for value in values} == {"'self'", "'none'"}
    assert directives["default-src"] == ["'none'"]
