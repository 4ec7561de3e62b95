"""Times the downloads of all cases and what they weigh in memory: `.venv/bin/python -m bench.downloads [CASES …]`.

Makes collections of 1,000 and 4,000 cases, unless told otherwise, as `bench.selection` does. Each form is made in a
process of its own; what is printed beside the time is by how much that process grew at the most.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from django.http import HttpResponseBase
from django.test import Client

from bench import selection
from casestudies.exports.forms import FORMS
from casestudies.models import Case

KILOBYTES_A_MEGABYTE = 1024


def drain(response: HttpResponseBase) -> int:
    """Reads an answer to its end without keeping it. Returns its size."""
    return sum(len(piece) for piece in response)


def peak() -> int:
    """The most memory that this process has had, in kilobytes (Linux)."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1])


def one(form: str) -> None:
    """Makes one form in a child process, and prints its time, size and growth."""
    connections.close_all()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    visitor = Client(headers={"host": "localhost"})
    drain(visitor.get(f"/cases/download.{form}?country=CH&from=1000&to=1001"))
    # A child begins with its parent's peak: forget it.
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    start = time.perf_counter()
    size = drain(visitor.get(f"/cases/download.{form}"))
    took = time.perf_counter() - start
    grew = (peak() - before) / KILOBYTES_A_MEGABYTE
    print(f"{form:8} {took:7.1f} s {size / 1e6:8.1f} MB, grew by {grew:6.1f} MB", flush=True)
    os._exit(0)


def main(sizes: list[int]) -> None:
    """Each form at each size; a larger collection replaces the smaller one."""
    for size in sizes:
        call_command("flush", interactive=False, verbosity=0)
        selection.make_cases(size)
        print(f"{Case.objects.count()} cases", flush=True)
        for form in FORMS:
            one(form.label.lower())


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    main([int(each) for each in sys.argv[1:]] or [1_000, 4_000])
