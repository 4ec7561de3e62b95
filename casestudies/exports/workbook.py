"""A selection as a workbook: a sheet for each table, the codebook, and how to cite it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstreaming import downloads
from mainstreaming.downloads import NotForSpreadsheets, Spreadsheet

from ..listing import ListState
from ..selection import Selection
from .codebook import ENTRY_HEADERS, codebook_rows
from .columns import FIGURE_COLUMNS
from .declaring import Column, Type, yes_no
from .provenance import LICENCE, Provenance
from .rows import every_row, figures
from .tables import TABLES, Table

WIDTHS = {Type.STRING: 30, Type.LIST: 30}
NARROW = 12
CODEBOOK, CITATION = "codebook", "citation"
#: What a sheet that comes back is told by: the moment at which it was taken, the version of the data, and of a case
#: that is not published its edition and version.
TAKEN, VERSION, EDITION = "Taken at", gettext_lazy("Data version"), "edition:"


def cell_of(column: Column, row: Any, base_url: str) -> Any:
    """A cell of a spreadsheet, of the type that its column declares; None where nothing is stated."""
    value = column.getter(row, base_url)
    if value is None or value == "":
        return None
    if column.type is Type.BOOLEAN:
        return value == yes_no(True)
    if column.type is Type.DATE:
        return datetime.date.fromisoformat(value)
    if column.type in (Type.INTEGER, Type.YEAR):
        return int(value)
    return value if isinstance(value, Decimal) else str(value)


def write_workbook(file: BinaryIO, selection: Selection, about: Provenance) -> None:
    """Writes the workbook. Raises NotForSpreadsheets where it would not hold everything as it is."""
    if len(selection) >= downloads.MOST_ROWS:
        raise NotForSpreadsheets(_("The selection has more cases than a spreadsheet has rows."))
    write_tables(file, every_row(selection), citation_rows(about), about.site)


def write_tables(
    file: BinaryIO, rows: Iterable[tuple[Table, Any]], about: Iterable[tuple[Any, Any]], site: str
) -> None:
    """A workbook of the rows given, with the codebook and what is said of it. Raises NotForSpreadsheets."""
    with Spreadsheet(file) as book:
        for table in TABLES:
            book.add_sheet(table.name, table.headers, [WIDTHS.get(column.type, NARROW) for column in table.columns])
        for table, row in rows:
            book.add(table.name, [cell_of(column, row, site) for column in table.columns])
        book.add_sheet(CODEBOOK, ENTRY_HEADERS)
        for entry in codebook_rows():
            book.add(CODEBOOK, entry)
        book.add_sheet(CITATION, [_("what"), _("value")], [24, 100])
        for pair in about:
            book.add(CITATION, pair)


def figure_cells(state: ListState, base_url: str) -> Iterator[list[Any]]:
    """A row of headers, then a row for each figure of the list, of the types that its columns declare."""
    yield [column.header for column in FIGURE_COLUMNS]
    for figure in figures(state):
        yield [cell_of(column, figure, base_url) for column in FIGURE_COLUMNS]


def citation_rows(about: Provenance) -> list[tuple[str, Any]]:
    """What the workbook says of itself."""
    return [
        (_("Title"), about.title),
        (_("How to cite"), about.citation),
        (_("Cases"), about.count),
        (_("Selection"), about.address),
        (VERSION, about.version),
        (_("Data changed on"), about.changed_on),
        (_("Made on"), about.generated.date()),
        (TAKEN, about.taken.isoformat()),
        (_("Licence"), f"{LICENCE['title']} ({LICENCE['path']})"),
    ]
