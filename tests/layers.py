"""Run the test suite in layers: `python -m tests.layers sqlite=240 postgresql=240 browser=300 [-- PYTEST ARGUMENTS]`.

    sqlite      everything but the browser tests, on SQLite
    postgresql  those of them that use the database, on an embedded PostgreSQL
    browser     the browser tests, against the site as a process of its own

The number is the layer's budget in seconds: a layer that takes longer is stopped and has failed. All layers run,
also after one has failed; then the failed ones are named, and pytest's closing line of one of them ends the output.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

PYTEST = [sys.executable, "-m", "pytest"]
#: Side by side, each process with a test database of its own.
MANY = [*PYTEST, "-n", "logical", "--maxprocesses", "4"]
LAYERS = {
    "sqlite": [*MANY, "-m", "not browser"],
    # `database` is set where a test asks for it, by itself (tests/conftest.py).
    "postgresql": [sys.executable, "-m", "tests.postgres", "--", *MANY, "-m", "not browser and database"],
    # Two at the most, each with a site and a Chromium of its own.
    "browser": [*PYTEST, "-n", "logical", "--maxprocesses", "2", "-m", "browser"],
}
#: Time to report and clean up after the budget is spent, before the layer is told more firmly.
GRACE_SECONDS = 15.0
#: How a layer is told to stop: as Ctrl-C does, so that pytest reports where it was; then less gently.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CLOSING = re.compile(r"^(?:\x1b\[[0-9;]*m)*=+ .* in [0-9.]+s\b.* =+(?:\x1b\[[0-9;]*m)*$")


@dataclass
class Result:
    """How a layer ended: what went wrong (nothing if it passed), and pytest's closing line if there was one."""

    name: str
    fault: str
    closing: str


def run_layer(name: str, budget: float, arguments: list[str]) -> Result:
    """Run one layer in a process group of its own, passing its output on."""
    print(f"\n>>> layer {name} (at most {budget:.0f} s)", flush=True)
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    command = [*LAYERS[name], *(["--color=yes"] if sys.stdout.isatty() else []), *arguments]
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    late = threading.Event()
    done = threading.Event()

    def watch() -> None:
        if not done.wait(budget):
            late.set()
            for number in SIGNALS:
                _signal(process, number)
                if done.wait(GRACE_SECONDS):
                    break

    threading.Thread(target=watch, daemon=True).start()
    closing = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if CLOSING.match(line.rstrip("\n")):
                closing = line.rstrip("\n")
        status = process.wait()
    except BaseException:  # Ctrl-C or the like: take the layer along
        done.set()
        for number in SIGNALS:
            _signal(process, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
                break
        raise
    finally:
        done.set()
    if late.is_set():
        fault = f"was stopped: it took longer than its {budget:.0f} s"
    elif status == 5:
        fault = "found no tests"
    elif status:
        fault = f"failed (status {status}) after {time.monotonic() - began:.0f} s"
    elif not closing:
        fault = "ended without pytest's closing line"
    else:
        fault = ""
    return Result(name, fault, closing)


def main(arguments: list[str]) -> int:
    """The command line. Returns 0 only if every layer passed."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, rest = arguments[:split], arguments[split + 1 :]
    if not wanted:
        sys.exit((__doc__ or "").strip())
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    results = []
    for item in wanted:
        name, _, budget = item.partition("=")
        if name not in LAYERS or not budget.isdecimal():
            sys.exit(f"not a layer with its seconds: {item!r} (layers: {', '.join(LAYERS)})")
        results.append(run_layer(name, float(budget), rest))
    failed = [result for result in results if result.fault]
    if failed:
        print()
        for result in failed:
            print(f"!!! layer {result.name} {result.fault}")
        for line in [result.closing for result in failed if result.closing][-1:]:
            print(line)
    return 1 if failed else 0


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nstopped")
