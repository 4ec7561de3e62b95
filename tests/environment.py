"""The environment of a test run, set before Django reads its settings.

A pytest plugin that `pyproject.toml` loads first (`-p tests.environment`), so that plain `pytest` works anywhere:
the settings of the site in production (DEBUG off), with the local switch for plain HTTP and a throw-away secret.
DATABASE_URL is left alone: `tests/postgres.py` sets it, and without it the tests run on SQLite in memory.
"""

import os

#: What every test process runs with, and every process that a test starts.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mainstreaming.settings",
    "SECRET_KEY": "a-throw-away-secret-for-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DEBUG": "0",
    "LOCAL_HTTP": "1",
    # A test may ask the API as often as it likes; those of the limits set one.
    "API_PER_MINUTE": "0",
}

#: What the site would read from the developer's shell, to the surprise of a test.
CLEARED = (
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "CONTACT_EMAIL",
    "CSRF_TRUSTED_ORIGINS",
    "EMAIL_URL",
    "MESSAGES_PER_HOUR",
    "MESSAGES_PER_SENDER",
    "PAPER_URL",
    "SITE_URL",
    "STATIC_ROOT",
    "LOGIN_FAILURES",
    "LOGIN_FAILURES_PER_ADDRESS",
    "LOGIN_LOCK_MINUTES",
    "SESSION_HOURS",
    "STAFF_TOTP_REQUIRED",
    "GUNICORN_READY_MESSAGE",
    "WEB_CONCURRENCY",
)

os.environ.update(ENVIRONMENT)
for _name in CLEARED:
    os.environ.pop(_name, None)


def pytest_configure() -> None:
    """What a live site needs and a test does not: the slow hash of passwords, and a log of every login.

    The hash took a third of a second in every such test; tests of logins turn their log on again.
    """
    from django.conf import settings

    settings.AXES_ENABLED = False

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
