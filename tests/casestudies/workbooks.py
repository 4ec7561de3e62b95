"""How tests take a workbook, change cells of it, and send it back."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.contrib.auth.models import User
from django.test import Client
from openpyxl import Workbook
from openpyxl.cell import Cell

from casestudies.models import Case, SheetImport
from casestudies.sheets import applying
from casestudies.sheets.planning import Options, Plan, Planner
from casestudies.sheets.staff import write_staff_workbook


def taken(visitor: Client, query: str = "") -> Workbook:
    """The public workbook of a selection, opened as a spreadsheet program would."""
    response = visitor.get(f"/cases/download.xlsx{query}")
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def taken_by_staff(*cases: Case) -> Workbook:
    """The workbook of any cases."""
    file = io.BytesIO()
    write_staff_workbook(file, cases, "http://testserver")
    return openpyxl.load_workbook(file)


def column(book: Workbook, sheet: str, header: str) -> int:
    """The place of a column."""
    (place,) = [cell.column for cell in book[sheet][1] if cell.value == header]
    return place


def row_of(book: Workbook, sheet: str, key: str, case: str = "vaud") -> int:
    """The row of a case by its key; by the case alone where the table has no keys."""
    headers = [cell.value for cell in book[sheet][1]]
    name = "slug" if "slug" in headers else "case"
    for cells in book[sheet].iter_rows(min_row=2):
        told = dict(zip(headers, (cell.value for cell in cells), strict=True))
        if (sheet == "works" and told["slug"] == key) or (told.get(name) == case and told.get("key", key) == key):
            return cells[0].row
    raise LookupError((sheet, case, key))


def cell(book: Workbook, sheet: str, key: str, header: str, case: str = "vaud") -> Cell:
    """A cell by where it stands in the collection."""
    return book[sheet].cell(row_of(book, sheet, key, case), column(book, sheet, header))


def add(book: Workbook, sheet: str, **values: Any) -> int:
    """A further row. Returns its number."""
    number = book[sheet].max_row + 1
    for header, value in values.items():
        book[sheet].cell(number, column(book, sheet, header)).value = value
    return number


def saved(book: Workbook) -> bytes:
    """The file as a spreadsheet program writes it."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def planned(book: Workbook | bytes, **options: bool) -> Plan:
    """What a file would do."""
    planner = Planner(book if isinstance(book, bytes) else saved(book), "cases.xlsx", Options(**options))
    assert list(planner.steps())
    return planner.plan


def sent(book: Workbook, user: User, **options: bool) -> SheetImport:
    """A file that was taken in and checked."""
    row = applying.take_in("cases.xlsx", saved(book), user)
    SheetImport.objects.filter(pk=row.pk).update(**options)
    row.refresh_from_db()
    for _step in applying.check(row):
        pass
    return row


def apply(row: SheetImport, user: User) -> list[str]:
    """Applies what was checked. Returns what was told on the way."""
    return [step.text for step in applying.apply(row.pk, row.digest, user)]
