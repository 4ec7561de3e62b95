#!/bin/sh
# `make check`: no migration is missing, and Django's own checks find nothing, also not the settings of a server.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python

unset LOCAL_HTTP DEBUG CSRF_TRUSTED_ORIGINS PAPER_URL STATIC_ROOT API_PER_MINUTE EMAIL_URL MESSAGES_PER_HOUR MESSAGES_PER_SENDER LOGIN_FAILURES LOGIN_FAILURES_PER_ADDRESS LOGIN_LOCK_MINUTES SESSION_HOURS STAFF_TOTP_REQUIRED
SECRET_KEY=$("$python" -c 'import secrets; print(secrets.token_urlsafe(64))')
export SECRET_KEY
export ALLOWED_HOSTS=casebook.example.org SITE_URL=https://casebook.example.org BEHIND_PROXY=1
export CONTACT_EMAIL=casebook@example.org DATABASE_URL=sqlite://:memory: DJANGO_SETTINGS_MODULE=mainstreaming.settings

"$python" -W error manage.py makemigrations --check --dry-run
"$python" -W error manage.py check --deploy --fail-level WARNING
"$python" -m pip check
