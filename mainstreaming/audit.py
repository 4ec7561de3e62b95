"""The audit list: who did what and when, from several tables as one list, the newest first.

A kind of entry is registered once, with where its rows are and how one reads:

    audit.register(
        audit.Kind(
            name="publication",
            label=_("Publication"),
            rows=lambda: Edit.objects.filter(action="publish"),
            when="when",
            who="user__username",
            what=lambda edit: edit.comment,
            link=lambda edit: edit.case.get_absolute_url(),
        )
    )

The database sorts and cuts all kinds together by time; only the rows of one page are read as a whole.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

#: Rows that a download reads at a time.
CHUNK = 500


@dataclass(frozen=True)
class Kind:
    """A kind of entry: `rows` gives all there are, `when` and `who` name the columns, the rest reads one row."""

    name: str
    label: str
    rows: Callable[[], QuerySet]
    when: str
    who: str
    what: Callable[[Any], str]
    link: Callable[[Any], str] = lambda row: ""


@dataclass(frozen=True)
class Entry:
    """One line of the list. `link` is empty where there is nothing to lead to."""

    when: datetime.datetime
    who: str
    kind: str
    label: str
    what: str
    link: str


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Adds a kind of entry. Raises ValueError where another one has its name."""
    if kind.name in _kinds and _kinds[kind.name] != kind:
        raise ValueError(f"The audit list has the kind {kind.name!r} already.")
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    """All kinds, in the order in which they were registered."""
    return list(_kinds.values())


class Entries:
    """The entries of one person and one kind, or of all (empty): a list to count and to cut, as a paginator does."""

    #: Says to a paginator that the order is sure.
    ordered = True

    def __init__(self, who: str = "", kind: str = "") -> None:
        chosen = [_kinds[kind]] if kind else kinds()
        self._rows = _together([_columns(each, who) for each in chosen])

    def count(self) -> int:
        """How many entries there are."""
        return self._rows.count()

    __len__ = count

    def __getitem__(self, part: slice) -> list[Entry]:
        return _read(list(self._rows[part]))

    def __iter__(self) -> Iterator[Entry]:
        """Every entry, some hundred in memory at a time."""
        rows = self._rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(rows, CHUNK)):
            yield from _read(chunk)


def _columns(kind: Kind, who: str) -> QuerySet:
    """The rows of a kind as (when, who, kind, key): what all kinds have alike."""
    rows = kind.rows().order_by()
    if who:
        rows = rows.filter(**{kind.who: who})
    text = CharField()
    return rows.annotate(
        audit_when=F(kind.when),
        audit_who=Coalesce(Cast(kind.who, text), Value(""), output_field=text),
        audit_kind=Value(kind.name, output_field=text),
        audit_key=F("pk"),
    ).values_list("audit_when", "audit_who", "audit_kind", "audit_key")


def _together(parts: Sequence[QuerySet]) -> QuerySet:
    first, *others = parts
    rows = first.union(*others, all=True) if others else first
    return rows.order_by("-audit_when", "audit_kind", "-audit_key")


def _read(rows: Sequence[tuple]) -> list[Entry]:
    """The entries of some rows, with one query for each kind among them. What was removed meanwhile is left out."""
    keys = defaultdict(list)
    for _when, _who, kind, key in rows:
        keys[kind].append(key)
    found: dict[str, dict[Any, Model]] = {name: _kinds[name].rows().in_bulk(wanted) for name, wanted in keys.items()}
    entries = []
    for when, who, name, key in rows:
        kind, row = _kinds[name], found[name].get(key)
        if row is not None:
            entries.append(Entry(when, who, name, str(kind.label), kind.what(row), kind.link(row)))
    return entries
