"""The rows of a selection: the same cases in the same order as on the screen. Memory stays flat at any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..facets import Lists
from ..listing import ListState
from ..models import Case, Figure, Term
from ..selection import Selection
from .columns import COLUMNS, FIGURE_COLUMNS
from .declaring import Column
from .tables import CASES, ROW_TABLES, WORKS, Table, record

# Bounds the memory of a download; relations are fetched for so many rows at a time.
CHUNK = 500
# Cases with their whole trees are larger.
WHOLE_CHUNK = 100


class Indicators:
    """Columns of 0 and 1, one for each term of the vocabularies that the list columns of cases take their values from.

    Headers are like «trigger:policy-mismatch». A case has 1 where it bears the term or one below it, as in the filters.
    """

    def __init__(self) -> None:
        terms = Lists().terms
        self.columns: list[tuple[Column, list[Term]]] = [
            (column, terms.get(column.vocabulary, [])) for column in COLUMNS if column.terms is not None
        ]

    @property
    def headers(self) -> list[str]:
        return [f"{column.header}:{term.slug}" for column, terms in self.columns for term in terms]

    def cells(self, case: Case) -> Iterator[int]:
        """0 or 1 for each header."""
        for column, terms in self.columns:
            own = column.terms(case)
            borne = {term.pk for term in own} | {term.parent_id for term in own}
            yield from (int(term.pk in borne) for term in terms)


def case_rows(selection: Selection, base_url: str, indicators: Indicators | None = None) -> Iterator[list[Any]]:
    """A row of headers, then a row for each case of the selection, with indicators after the columns where given."""
    yield CASES.headers + (indicators.headers if indicators else [])
    for case in selection.cases(Case.objects.for_export()):
        yield CASES.cells(case, base_url) + (list(indicators.cells(case)) if indicators else [])


def figures(state: ListState) -> Iterator[Figure]:
    """The figures of the list, in its order."""
    found = state.rows().select_related("case__collection", "case__country", "currency", "source")
    return found.iterator(chunk_size=CHUNK)


def figure_rows(state: ListState, base_url: str) -> Iterator[list[Any]]:
    """A row of headers, then a row for each figure of the list, in its order."""
    yield [column.header for column in FIGURE_COLUMNS]
    for figure in figures(state):
        yield [column.getter(figure, base_url) for column in FIGURE_COLUMNS]


def whole_cases(selection: Selection) -> Iterator[Case]:
    """The cases of the selection in order, each with its whole tree; a fixed number of queries a chunk."""
    return selection.cases(Case.objects.for_page()).in_chunks(WHOLE_CHUNK)


def records(selection: Selection, base_url: str) -> Iterator[dict[str, Any]]:
    """The cases of the selection as full records, for JSON."""
    return (record(case, base_url) for case in whole_cases(selection))


def every_row(selection: Selection) -> Iterator[tuple[Table, Any]]:
    """The rows of every table of the selection, in one pass."""
    return rows_of_cases(whole_cases(selection))


def rows_of_cases(cases: Iterable[Case]) -> Iterator[tuple[Table, Any]]:
    """Of each case its own row and all that hangs off it, in order. They are fetched with `for_page()`.

    A work that several cases cite comes once, with the first of them. What is kept of the cases passed is which works
    they cited.
    """
    cited: set[str] = set()
    for case in cases:
        yield CASES, case
        for table in ROW_TABLES:
            yield from ((table, row) for row in table.rows(case))
        for work in WORKS.rows(case):
            if work.slug not in cited:
                cited.add(work.slug)
                yield WORKS, work


def features(selection: Selection, base_url: str) -> Iterator[dict[str, Any]]:
    """A GeoJSON feature for each case (RFC 7946), in order: where it acts, and the columns of the list.

    The geometry is a point, several, or none where no place has coordinates.
    """
    for case in selection.cases(Case.objects.for_export()):
        points = [
            [float(place.longitude), float(place.latitude)]
            for place in case.caseplaces.all()
            if place.latitude is not None
        ]
        geometry = {"type": "MultiPoint", "coordinates": points} if len(points) > 1 else None
        if len(points) == 1:
            geometry = {"type": "Point", "coordinates": points[0]}
        yield {"type": "Feature", "id": case.slug, "geometry": geometry, "properties": CASES.values(case, base_url)}
