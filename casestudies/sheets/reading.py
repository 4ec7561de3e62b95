"""Reads a workbook that somebody sends: cells and where they stand. Believes nothing of it, and knows no case."""

from __future__ import annotations

import datetime
import io
import math
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from mainstreaming.downloads import LONGEST_CELL, UNHOLDABLE
from mainstreaming.downloads import MOST_ROWS as HIGHEST_ROW

from .faults import Fault, Faults, brief

MEGABYTE = 1024 * 1024
#: What is taken: the file as sent, and unpacked; the same without rows that hold nothing, and how many rows are left.
LARGEST_FILE = 20 * MEGABYTE
LARGEST_UNPACKED = 150 * MEGABYTE
LARGEST_READ = 50 * MEGABYTE
MOST_PARTS = 500
MOST_ROWS = 200_000
MOST_COLUMNS = 200

WORKBOOK = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
CONTENT_TYPES = "[Content_Types].xml"
# No pattern goes past the next «<»: of a part that is nothing but beginnings each would be looked at to its end.
EMPTY_ROW = re.compile(
    rb"<row\b(?=[^<>]*\sr=)[^<>]*/>|<row\b(?=[^<>]*\sr=)[^<>]*[^/<>]>(?:\s*<c\b[^<>]*/>|\s*<c\b[^<>]*></c>)*\s*</row>"
)
ROW = re.compile(rb"<(?:\w+:)?row\b")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]*\sref=[\"']([A-Z0-9:]{2,40})[\"']")
# How spreadsheets write what XML cannot hold: «_x000D_». openpyxl has read «_x005F_» already.
ESCAPED = re.compile("_x(00[01][0-9A-Fa-f])_")
# Raised by the parsers on what is no workbook, whatever it claims to be.
UNREADABLE = (
    SyntaxError, DefusedXmlException, InvalidFileException, zipfile.BadZipFile, zlib.error, struct.error, LookupError,
    ValueError, TypeError, AttributeError, ArithmeticError, EOFError, RuntimeError, OSError,
)  # fmt: skip


class NotAWorkbook(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True)
class Cell:
    """A cell that holds something: text, number, truth value or date; and its column, counted from 1."""

    value: Any
    column: int

    @property
    def letter(self) -> str:
        return get_column_letter(self.column)


@dataclass(frozen=True)
class Row:
    """A row of a sheet with its number and the cells that hold something, by column."""

    number: int
    cells: dict[int, Cell]


@dataclass
class Sheet:
    """A sheet: its head by column, and the rows below it that hold something."""

    name: str
    head: dict[int, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


@dataclass
class Book:
    """A workbook as it was read, and what in it cannot be read."""

    sheets: dict[str, Sheet] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)


def read_book(data: bytes, name: str, faults: Faults) -> Book:
    """Reads a workbook. Raises NotAWorkbook; what is wrong with single cells is added to the faults."""
    parts = _unpack(data, name)
    try:
        with warnings.catch_warnings():
            # Styles and extensions that openpyxl does not know are of no matter here.
            warnings.simplefilter("ignore")
            return _read(parts, faults)
    except UNREADABLE as error:
        raise NotAWorkbook(_("The file is damaged: no spreadsheet program wrote it like this.")) from error


def _unpack(data: bytes, name: str) -> bytes:
    """The archive again with all parts checked for their size, and without rows that hold nothing."""
    if not name.lower().endswith(".xlsx"):
        raise NotAWorkbook(_("Only .xlsx is read. Save the file as “Excel workbook (.xlsx)”."))
    if len(data) > LARGEST_FILE:
        raise NotAWorkbook(_("The file is larger than %(most)s MB.") % {"most": LARGEST_FILE // MEGABYTE})
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise NotAWorkbook(_("The file is no .xlsx, whatever its name says; or it is protected by a password."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _checked(archive)
    except UNREADABLE as error:
        raise NotAWorkbook(_("The file is damaged: its archive cannot be unpacked.")) from error


def _checked(archive: zipfile.ZipFile) -> bytes:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    too_large = NotAWorkbook(
        _("Unpacked, the file is larger than what is read here. Send fewer cases at a time, without pictures.")
    )
    # No more than a part claims is ever unpacked of it.
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise too_large
    if len(set(names)) < len(names) or CONTENT_TYPES not in names:
        raise NotAWorkbook(_("The file is no .xlsx, whatever its name says."))
    if any("vba" in part.lower() for part in names) or WORKBOOK not in archive.read(CONTENT_TYPES):
        raise NotAWorkbook(_("The file is no plain .xlsx: one with macros, or a template, is not read."))
    packed, size, rows = io.BytesIO(), 0, 0
    with zipfile.ZipFile(packed, "w") as target:
        for entry in entries:
            content = archive.read(entry)
            if entry.filename.endswith(".xml"):
                content = EMPTY_ROW.sub(b"", content)
                rows += sum(1 for _match in ROW.finditer(content))
            size += len(content)
            if size > LARGEST_READ or rows > MOST_ROWS:
                raise too_large
            target.writestr(entry.filename, content)
    return packed.getvalue()


def _read(parts: bytes, faults: Faults) -> Book:
    book, seen = Book(faults=faults), set()
    loaded = openpyxl.load_workbook(io.BytesIO(parts), read_only=True, data_only=False, keep_links=False)
    try:
        for source in loaded.worksheets:
            name = source.title
            if name.lower() in seen:
                book.faults.append(Fault(name, reason=_("There are two sheets of this name.")))
                continue
            seen.add(name.lower())
            source.reset_dimensions()
            book.sheets[name] = _sheet(name, source, book.faults)
            for place in _merged(source):
                reason = _("The cells %(place)s are merged: split them, and fill in each.") % {"place": place}
                book.faults.append(Fault(name, reason=reason))
    finally:
        loaded.close()
    return book


def _merged(source: Any) -> Iterator[str]:
    """The ranges of cells that are merged, which openpyxl does not tell of a sheet that it only reads."""
    with source._get_source() as part:
        content = part.read()
    yield from (match.group(1).decode() for match in MERGED.finditer(content))


def _sheet(name: str, source: Any, faults: Faults) -> Sheet:
    sheet = Sheet(name)
    # Bounded, or a row that claims to be the thousand millionth would be waited for.
    for number, cells in enumerate(source.iter_rows(min_row=1, max_row=HIGHEST_ROW, min_col=1), 1):
        found: dict[int, Cell] = {}
        for place in cells:
            if place.value is None:
                continue
            if place.column > MOST_COLUMNS:
                faults.append(Fault(name, number, get_column_letter(place.column), reason=_("Too far to the right.")))
                continue
            value = _value(place.value)
            if value == "":
                continue
            cell = Cell(value, place.column)
            reason = _unfit(place, value)
            if reason:
                head = sheet.head.get(cell.column, "")
                told = brief(getattr(value, "text", value))
                faults.append(Fault(name, number, cell.letter, head, told, reason))
            else:
                found[cell.column] = cell
        if number == 1:
            sheet.head = {column: str(cell.value).strip() for column, cell in found.items()}
        elif found:
            sheet.rows.append(Row(number, found))
    return sheet


def _value(value: Any) -> Any:
    """A cell's value: a day without its midnight, text as it was typed."""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date()
    if not isinstance(value, str):
        return value
    text = ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), value)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unfit(place: Any, value: Any) -> str:
    """Why a cell cannot be taken, whatever its column; empty where it can."""
    if place.data_type == "f":
        return _("A formula is not calculated here. Replace it by its value.")
    if place.data_type == "e":
        return _("The cell holds an error of the spreadsheet.")
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            return _("The text is longer than the %(most)s characters of a cell.") % {"most": f"{LONGEST_CELL:,}"}
        if UNHOLDABLE.search(value):
            return _("The text holds a control character.")
    elif not isinstance(value, bool | int | float | datetime.date) or isinstance(value, datetime.datetime):
        return _("A time of day has no place here.")
    elif isinstance(value, float) and not math.isfinite(value):
        return _("This is no number.")
    return ""
