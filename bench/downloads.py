"""Times the downloads of all cases and what they weigh in memory: `.venv/bin/python -m bench.downloads [CASES …]`.

Makes collections of 1,000 and 4,000 cases, unless told otherwise, as `bench.selection` does. Each form is made in a
process of its own; what is printed beside the time is the most memory that it had before and after.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from django.core.management import call_command
from django.http import HttpResponseBase
from django.test import Client

from bench import selection
from casestudies.exports.forms import FORMS
from casestudies.models import Case

KILOBYTES_A_MEGABYTE = 1024
#: What asks for one form of the collection that is there.
ONE = "--one"


def drain(response: HttpResponseBase) -> int:
    """Reads an answer to its end without keeping it. Returns its size."""
    return sum(len(piece) for piece in response)


def peak() -> float:
    """The most memory that this process has had, in megabytes (Linux counts it in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_A_MEGABYTE


def one(form: str) -> None:
    """Makes one form, and prints its time, size and growth: in a process of its own, which has made nothing before."""
    visitor = Client(headers={"host": "localhost"})
    # The index is there, and what few cases take.
    drain(visitor.get(f"/cases/download.{form}?country=CH&from=1000&to=1001"))
    before, start = peak(), time.perf_counter()
    size = drain(visitor.get(f"/cases/download.{form}"))
    took = time.perf_counter() - start
    print(f"{form:8} {took:7.1f} s {size / 1e6:8.1f} MB, from {before:.0f} MB of memory to {peak():.0f} MB", flush=True)


def main(sizes: list[int]) -> None:
    """Each form at each size; a larger collection replaces the smaller one."""
    for size in sizes:
        call_command("flush", interactive=False, verbosity=0)
        selection.make_cases(size)
        print(f"{Case.objects.count()} cases", flush=True)
        for form in FORMS:
            subprocess.run([sys.executable, "-m", "bench.downloads", ONE, form.label.lower()], check=True)


if __name__ == "__main__" and sys.argv[1:2] == [ONE]:
    one(sys.argv[2])
elif __name__ == "__main__":
    call_command("migrate", verbosity=0)
    main([int(each) for each in sys.argv[1:]] or [1_000, 4_000])
