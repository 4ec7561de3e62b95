#!/bin/sh
# `make run` and `make dev` after the set-up: bring the database and the static files up to date, then serve.
# Quiet as long as all goes well; a step that fails shows all it said.
#   sh deploy/local.sh sh deploy/run.sh          gunicorn, as in production
#   sh deploy/local.sh sh deploy/run.sh --dev    Django's server, which reloads on a change
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
port=${PORT:-8000}

quietly() {
    said=$("$@" 2>&1) || {
        status=$?
        printf '%s\n' "$said" >&2
        echo "This failed: $*" >&2
        exit "$status"
    }
}

case $port in
'' | *[!0-9]*)
    echo "PORT must be a number, not '$port'." >&2
    exit 1
    ;;
esac
if ! "$python" -c "
import socket, sys
with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(('127.0.0.1', int(sys.argv[1])))" "$port" 2>/dev/null; then
    echo "Port $port of this machine is taken. Choose another: PORT=$((port + 1)) make ${MAKE_TARGET:-run}" >&2
    exit 1
fi

echo "Preparing the database ..."
quietly "$python" manage.py migrate --no-input
quietly "$python" manage.py load_collection

message="
The Mainstreaming Casebook is ready: http://127.0.0.1:$port/
For an admin account, run 'make admin' in another terminal, then log in at http://127.0.0.1:$port/admin/
Press Ctrl-C to stop.
"

if [ "${1:-}" = --dev ]; then
    printf '%s\n' "$message"
    exec "$python" manage.py runserver "127.0.0.1:$port"
fi

# Collecting and compressing takes seconds: only if a static file or a setting is newer than the last time.
stamp=var/static/.collected
newer=changed
if [ -e "$stamp" ]; then
    newer=$(find static casestudies/static recommendations/static mainstreaming/static mainstreaming/settings.py \
        .venv/base.lock -newer "$stamp" -print 2>/dev/null | head -n 1)
fi
if [ -n "$newer" ]; then
    echo "Collecting the static files ..."
    quietly "$python" manage.py collectstatic --no-input
    touch "$stamp"
fi

# gunicorn.conf.py prints the message once the first worker has loaded the site.
export GUNICORN_READY_MESSAGE="$message" GUNICORN_LOG_LEVEL="${GUNICORN_LOG_LEVEL:-warning}" PORT="$port"
exec "$python" -m gunicorn --config deploy/gunicorn.conf.py --bind "127.0.0.1:$port" mainstreaming.wsgi:application
