"""The rows of a selection: the same cases in the same order as on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..listing import ListState
from ..models import Case
from ..selection import Selection
from .columns import COLUMNS, FIGURE_COLUMNS

# Bounds the memory of a download; relations are fetched for so many cases at a time.
CHUNK = 500


def case_rows(selection: Selection, base_url: str) -> Iterator[list[Any]]:
    """A row of headers, then a row for each case of the selection. Memory stays flat at any size."""
    yield [column.header for column in COLUMNS]
    for case in selection.cases(Case.objects.for_export()):
        yield [column.getter(case, base_url) for column in COLUMNS]


def figure_rows(state: ListState, base_url: str) -> Iterator[list[Any]]:
    """A row of headers, then a row for each figure of the list, in its order. Memory stays flat at any size."""
    yield [column.header for column in FIGURE_COLUMNS]
    figures = state.rows().select_related("case__collection", "case__country", "currency", "source")
    for figure in figures.iterator(chunk_size=CHUNK):
        yield [column.getter(figure, base_url) for column in FIGURE_COLUMNS]
