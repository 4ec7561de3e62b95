"""Acronyms in running text: the first use in a section shows what it means. Decided here, never typed into the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import count

from .models import Acronym, Case


class Explainer:
    """Finds the first use of each acronym in the texts of one section after the other.

    `entries` are the acronyms that have a meaning in the texts; of two for the same letters the first one holds.
    `numbers` tells the explanations of a page apart: explainers that share a page share it.
    """

    def __init__(self, entries: Iterable[Acronym] = (), numbers: Iterator[int] | None = None) -> None:
        self.entries: dict[str, Acronym] = {}
        for entry in entries:
            self.entries.setdefault(entry.acronym, entry)
        self._seen: set[str] = set()
        self.numbers = numbers or count(1)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        """The acronyms as whole words, or with the s of a plural; none within a longer word or an address."""
        names = sorted(self.entries, key=lambda name: (-len(name), name))
        if not names:
            return None
        return re.compile(rf"(?<![\w/@-])(?<!\w\.)({'|'.join(map(re.escape, names))})(?=s?(?!\.?[\w/@&]))")

    def restart(self) -> None:
        """A new section begins: the next use of each acronym counts as its first."""
        self._seen.clear()

    def split(self, text: str) -> Iterator[str | Acronym]:
        """The text in pieces; an acronym's first use is a piece of its own."""
        end = 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.group() in self._seen:
                continue
            self._seen.add(match.group())
            yield text[end : match.start()]
            yield self.entries[match.group()]
            end = match.end()
        yield text[end:]


def explainers(cases: Iterable[Case]) -> dict[int, Explainer]:
    """An explainer for the texts of each case, by primary key, and under 0 one for texts of no case. Two queries.

    What a case itself means by an acronym comes before what all mean; what is retired is not explained.
    """
    shared = list(Acronym.objects.of_all_cases().filter(is_retired=False))
    own: dict[int, list[Acronym]] = {case.pk: [] for case in cases}
    for entry in Acronym.objects.used_in(list(own)).filter(is_retired=False):
        own[entry.used_in].append(entry)
    numbers = count(1)
    return {pk: Explainer([*entries, *shared], numbers) for pk, entries in {0: [], **own}.items()}
