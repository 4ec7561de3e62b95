"""The rows of a workbook by case: which sheet is which table, which column which of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..exports.declaring import Column
from ..exports.tables import TABLES_BY_NAME, WORKS, Table
from ..exports.workbook import CITATION, CODEBOOK
from .faults import Fault, Faults, brief, suggestion
from .mapping import case_header, shown
from .reading import Book, Cell, Row, Sheet

#: Sheets of the template that say how to fill in the others, and what may be chosen.
GUIDE, CHOICES = "How to fill this", "choices"
#: The case of the template's example rows, which are left out.
EXAMPLE = "example-to-delete"
NOT_READ = {CODEBOOK, CITATION, GUIDE, CHOICES}


@dataclass(frozen=True)
class Line:
    """A row of a sheet that is a table: its columns by their place, and its cells."""

    table: Table
    columns: dict[int, Column]
    row: Row

    def cell(self, header: str) -> Cell | None:
        """The cell below a header, where it holds something."""
        return next((self.row.cells.get(i) for i, c in self.columns.items() if c.header == header), None)

    def value(self, header: str) -> Any:
        """What stands below a header; None where nothing does."""
        cell = self.cell(header)
        return None if cell is None else cell.value

    @property
    def key(self) -> str:
        """The row's key within its case; empty where it has none, and where a case has one such row at most."""
        return shown(self.value("key")).strip() if "key" in self.table.key else ""

    def filled(self) -> list[tuple[Column, Cell]]:
        """The columns below which something stands, with their cells."""
        return [(column, self.row.cells[i]) for i, column in self.columns.items() if i in self.row.cells]

    def letter(self, header: str) -> str:
        """The letter of a column; empty where the sheet does not have it."""
        places = [i for i, column in self.columns.items() if column.header == header]
        return Cell(None, places[0]).letter if places else ""

    def fault(self, header: str, reason: str) -> Fault:
        """An error in this row, below a header."""
        value = brief(shown(self.value(header)))
        return Fault(self.table.name, self.row.number, self.letter(header), header, value, reason)


Sheets = dict[str, tuple[Table, list[Line]]]


def sheets_of(book: Book, faults: Faults) -> Sheets:
    """The sheets that are tables, each with its rows. What is not known is a fault."""
    found: Sheets = {}
    for sheet in book.sheets.values():
        if sheet.name in NOT_READ or not (sheet.head or sheet.rows or sheet.name in TABLES_BY_NAME):
            continue
        table = TABLES_BY_NAME.get(sheet.name)
        if table is None:
            reason = _("There is no sheet of this name.") + suggestion(sheet.name, TABLES_BY_NAME)
            faults.append(Fault(sheet.name, reason=reason))
            continue
        columns = _columns(table, sheet, faults)
        lacking = [header for header in table.key if header not in {c.header for c in columns.values()}]
        for header in lacking:
            faults.append(Fault(sheet.name, 1, header=header, reason=_("The sheet lacks this column.")))
        if not lacking:
            found[table.name] = (table, [Line(table, columns, row) for row in sheet.rows])
    return found


def _columns(table: Table, sheet: Sheet, faults: Faults) -> dict[int, Column]:
    known, columns = {column.header: column for column in table.columns}, {}
    for place, header in sheet.head.items():
        letter = Cell(None, place).letter
        if header not in known:
            reason = _("There is no column of this name.") + suggestion(header, known)
            faults.append(Fault(sheet.name, 1, letter, header, header, reason))
        elif known[header] in columns.values():
            faults.append(Fault(sheet.name, 1, letter, header, header, _("This column stands here twice.")))
        else:
            columns[place] = known[header]
    for row in sheet.rows:
        for place, cell in row.cells.items():
            if place not in sheet.head:
                reason = _("The column has no name in the first row.")
                faults.append(Fault(sheet.name, row.number, cell.letter, "", brief(shown(cell.value)), reason))
    return columns


def lines_by_case(sheets: Sheets, faults: Faults) -> dict[str, dict[str, list[Line]]]:
    """The rows of each case by table, in the order of the file; those of works are no case's."""
    found: dict[str, dict[str, list[Line]]] = {}
    for line in _lines(sheets):
        header = case_header(line.table)
        slug = shown(line.value(header)).strip()
        if slug:
            found.setdefault(slug, {}).setdefault(line.table.name, []).append(line)
        else:
            faults.append(line.fault(header, _("Say here which case the row belongs to.")))
    return found


def _lines(sheets: Sheets) -> Iterator[Line]:
    for table, lines in sheets.values():
        if table is not WORKS:
            yield from lines
