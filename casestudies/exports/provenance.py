"""What a download says of itself: what it holds, of when, on what terms, and how to cite it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from ..changes import data_version
from ..citations import author_date, of_selection
from ..selection import Selection

NAME = "mainstreaming-casebook"
TITLE = "Mainstreaming Casebook"
# The licence by its SPDX name.
LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}


@dataclass(frozen=True)
class Provenance:
    """Of one selection at one moment. `query` is its canonical query string, empty where nothing is chosen."""

    site: str
    query: str
    count: int
    version: int
    changed_on: datetime.date
    generated: datetime.datetime
    #: How to cite the selection, as the page says it.
    citation: str
    #: The same moment as `generated`, to the millionth: what changed after it was changed since.
    taken: datetime.datetime

    @property
    def address(self) -> str:
        """The page of the selection."""
        return f"{self.site}{reverse('cases')}{self.query}"

    @property
    def title(self) -> str:
        """The whole collection, or how many cases of it."""
        if not self.query:
            return TITLE
        cases = ngettext("%(count)s selected case", "%(count)s selected cases", self.count) % {"count": self.count}
        return f"{TITLE}: {cases}"

    def head(self) -> dict[str, Any]:
        """The same for JSON, before the cases."""
        return {
            "title": self.title,
            "generated": self.generated.isoformat(timespec="seconds"),
            "query": self.query.removeprefix("?"),
            "url": self.address,
            "version": self.version,
            "licence": LICENCE,
            "citation": self.citation,
            "count": self.count,
        }


def provenance(selection: Selection, site: str) -> Provenance:
    """What a download of the selection says of itself now; `site` is the public address. One query."""
    taken, version = timezone.now(), data_version()
    now = taken.replace(microsecond=0)
    reference = of_selection(selection, reverse("cases"), site, version, timezone.localdate(now))
    changed_on = version.changed_at.date()
    cited = author_date(reference)
    return Provenance(site, selection.query(), len(selection), version.number, changed_on, now, cited, taken)
