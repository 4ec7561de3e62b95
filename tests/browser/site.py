"""The whole site as a process of its own, as `make run` starts it: gunicorn, DEBUG off, a database with the cases."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.environment import CLEARED, ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
PREPARE_SECONDS = 120.0
START_SECONDS = 30.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Site:
    """A running site: its address without a slash at the end, and the file that its log goes to."""

    url: str
    log: Path


@contextlib.contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Seed a database in `folder`, start the site on a free port, wait until it answers, and stop it afterwards."""
    environment = {name: value for name, value in os.environ.items() if name not in CLEARED}
    environment |= ENVIRONMENT
    environment |= {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "GUNICORN_LOG_LEVEL": "warning",
        "WEB_CONCURRENCY": "1",
    }
    for command in (["migrate", "--no-input"], ["load_collection"], ["collectstatic", "--no-input"]):
        _manage(command, environment)
    log = folder / "site.log"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        port = listener.getsockname()[1]
        # gunicorn takes the open socket over, so that nobody else can take the port in between.
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                *("--bind", f"fd://{listener.fileno()}", "mainstreaming.wsgi:application"),
            ],
            cwd=ROOT,
            env=environment,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, log)
        yield Site(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _manage(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PREPARE_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(command)} failed ({done.returncode}):\n{done.stdout}")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once /healthz answers 200. Raises RuntimeError if the process ends first or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    state = "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            state = f"the process ended with status {process.returncode}"
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/healthz")
                state = f"status {connection.getresponse().status}"
        except (OSError, http.client.HTTPException) as error:
            state = repr(error)
        if state == "status 200":
            return
        time.sleep(0.1)
    raise RuntimeError(f"/healthz did not answer 200 within {START_SECONDS:.0f} s: {state}\n{log.read_text()}")
