#!/bin/sh
# Run a command with the settings of a local site: `sh deploy/local.sh python manage.py shell`.
# Plain HTTP on this machine (LOCAL_HTTP=1), DEBUG off, and a secret made once and kept in var/secret-key.
# Variables that are set already stay: DATABASE_URL=postgresql://... make run uses that database.
set -eu
cd "$(dirname "$0")/.."

mkdir -p var
if [ -z "${SECRET_KEY:-}" ]; then
    if [ ! -s var/secret-key ]; then
        # Written beside and renamed, so that no run reads half a secret; 600 from the start.
        (
            umask 077
            .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(64))' >"var/secret-key.$$"
            mv "var/secret-key.$$" var/secret-key
        )
    fi
    SECRET_KEY=$(cat var/secret-key)
fi
export SECRET_KEY
export LOCAL_HTTP="${LOCAL_HTTP:-1}" DEBUG="${DEBUG:-0}" DJANGO_SETTINGS_MODULE=mainstreaming.settings

case $1 in
python) shift && exec .venv/bin/python "$@" ;;
*) exec "$@" ;;
esac
