#!/bin/sh
# Make .venv ready: `sh deploy/environment.sh base` to run the site, `dev` to test it too.
# Installs exactly what requirements/*.txt pin, by hash. A copy of the lock that was installed stays in .venv, so that
# nothing is done as long as the lock is the same. $PYTHON names a Python 3.11 where none is found by itself.
set -eu
cd "$(dirname "$0")/.."

want=${1:?base or dev}
lock=requirements/$want.txt
venv=.venv

is_311() {
    [ "$("$@" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null)" = "3 11" ]
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3.11 python3 python
    fi
    for name; do
        if is_311 "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    echo "Python 3.11 is needed; this is none or is not there: $*" >&2
    echo "Debian 12: apt install python3.11 python3.11-venv. Elsewhere: PYTHON=/path/to/python3.11 make run" >&2
    exit 1
}

make_venv() {
    python=$(find_python)
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        "$python" -m venv --clear "$venv"
    elif "$python" -c 'import virtualenv' >/dev/null 2>&1; then
        "$python" -m virtualenv --quiet --clear "$venv"
    elif command -v uv >/dev/null 2>&1; then
        uv venv --quiet --clear --seed --python "$python" "$venv"
    else
        echo "This Python cannot make virtual environments (Debian splits that off)." >&2
        echo "Debian 12: apt install python3.11-venv. Or install virtualenv or uv." >&2
        exit 1
    fi
}

if is_311 "$venv/bin/python" && cmp -s "$lock" "$venv/$want.lock"; then
    exit 0
fi

echo "Installing the packages of $lock into $venv (the first time takes a minute) ..."
if ! is_311 "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    make_venv
fi
said=$(PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
    "$venv/bin/python" -m pip install --quiet --no-input --require-hashes --requirement "$lock" 2>&1) || {
    printf '%s\n' "$said" >&2
    echo "The packages of $lock could not be installed (above: why)." >&2
    exit 1
}
cp requirements/base.txt "$venv/base.lock" # dev.txt holds base.txt
cp "$lock" "$venv/$want.lock"
