"""How a selection is shown: as cards, as a table with chosen columns, on a map, along time, in charts.

Parameters of the view stand beside those of the selection in the address and change nothing of what is selected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .comparison import MOST
from .exports.columns import COLUMNS
from .exports.declaring import Column, Joined
from .models import Case, CaseRedirect
from .selection import Dropped, Selection

VIEWS: dict[str, str | Promise] = {
    "cards": gettext_lazy("Cards"),
    "table": gettext_lazy("Table"),
    "map": gettext_lazy("Map"),
    "timeline": gettext_lazy("Timeline"),
    "charts": gettext_lazy("Charts"),
}
DEFAULT_VIEW = "cards"
#: Columns that the name of the case says already, or that are no use on a screen.
NOT_SHOWN = frozenset({"url", "slug", "name"})
OFFERED: dict[str, Column] = {column.header: column for column in COLUMNS if column.header not in NOT_SHOWN}
DEFAULT_COLUMNS = ("country", "start_year", "trigger", "approach", "objective", "budget_total", "budget_currency")


@dataclass(frozen=True)
class Showing:
    """The view and, of a table, its columns, all valid."""

    view: str = DEFAULT_VIEW
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    # The slugs of the cases that are to be compared.
    compare: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the view in canonical order; nothing where it is the usual one."""
        pairs = [("view", self.view)] if self.view != DEFAULT_VIEW else []
        if self.view == "table" and self.columns != DEFAULT_COLUMNS:
            pairs += [("columns", name) for name in self.columns]
        return pairs + self.compare_pairs()

    def compare_pairs(self) -> list[tuple[str, str]]:
        """The cases to compare, as parameters that every address of the list carries along."""
        return [("compare", slug) for slug in self.compare]

    def comparing(self, slug: str) -> Showing:
        """The same view with a case chosen for comparison, or no longer."""
        chosen = [each for each in self.compare if each != slug]
        return replace(self, compare=tuple(chosen if slug in self.compare else [*chosen, slug]))

    @property
    def is_full(self) -> bool:
        """Whether no further case can be chosen."""
        return len(self.compare) >= MOST

    def query(self, selection: Selection) -> str:
        """The selection as shown here, as a query string with its question mark; empty where nothing is chosen."""
        pairs = selection.pairs() + self.pairs()
        return f"?{urlencode(pairs)}" if pairs else ""

    def prefix(self, selection: Selection) -> str:
        """What stands before «page=2» in the address of another page of this view."""
        query = self.query(selection)
        return f"{query}&" if query else "?"

    def tabs(self, selection: Selection) -> list[tuple[str | Promise, str, bool]]:
        """Label, query string and whether it is this one, of every view of the selection."""
        return [
            (label, replace(self, view=name).query(selection) or "?", name == self.view)
            for name, label in VIEWS.items()
        ]

    def choices(self) -> list[tuple[str, str | Promise, bool]]:
        """Name, description and whether it is shown, of every column that a table can have."""
        return [(name, column.label, name in self.columns) for name, column in OFFERED.items()]

    @property
    def heads(self) -> list[Column]:
        """The table's columns."""
        return [OFFERED[name] for name in self.columns]

    def cells(self, case: Case) -> list[tuple[list[object], bool]]:
        """What a case has in each column, as downloads have it: the values, and whether they are numbers to compare."""
        found = []
        for column in self.heads:
            value = column.getter(case, "")
            values = value.labels if isinstance(value, Joined) else [value]
            found.append(([each for each in values if each not in ("", None)], isinstance(value, Decimal)))
        return found


def read_showing(data: QueryDict) -> Showing:
    """The view that a query string asks for; what is not understood is dropped and said so."""
    dropped = []
    views = [value for value in dict.fromkeys(data.getlist("view")) if value]
    view = next((value for value in views if value in VIEWS), DEFAULT_VIEW)
    for value in views:
        if value != view:
            reason = _("Only one view can be shown.") if value in VIEWS else _("There is no such view.")
            dropped.append(Dropped("view", value, reason))
    asked = [value for value in dict.fromkeys(data.getlist("columns")) if value]
    columns = tuple(name for name in OFFERED if name in asked)
    dropped += [Dropped("columns", value, _("There is no such column.")) for value in asked if value not in OFFERED]
    compare, bad = choose(data.getlist("compare"), "compare")
    return Showing(view, columns or DEFAULT_COLUMNS, compare, (*dropped, *bad))


def choose(slugs: Iterable[str], parameter: str) -> tuple[tuple[str, ...], list[Dropped]]:
    """The slugs of the cases to compare, and what of the parameter was not understood.

    Published cases only, in the order given, each once, at most MOST; a former address of a case stands for the case.
    One query, where anything is given; another where something of it is no case's address now.
    """
    given = [slug for slug in dict.fromkeys(slugs) if slug]
    if not given:
        return (), []
    asked = given[: MOST * 2]
    there = set(Case.objects.published().filter(slug__in=asked).values_list("slug", flat=True))
    unknown = [slug for slug in asked if slug not in there]
    moved = CaseRedirect.objects.filter(old_slug__in=unknown, case__in=Case.objects.published())
    now = {slug: slug for slug in there} | (dict(moved.values_list("old_slug", "case__slug")) if unknown else {})
    found = list(dict.fromkeys(now[slug] for slug in asked if slug in now))
    dropped = [Dropped(parameter, slug, _("There is no such case.")) for slug in asked if slug not in now]
    reason = _("At most %(most)s cases stand side by side.") % {"most": MOST}
    dropped += [Dropped(parameter, slug, reason) for slug in (*found[MOST:], *given[len(asked) :])]
    return tuple(found[:MOST]), dropped
