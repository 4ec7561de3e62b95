"""Download responses. Nothing here knows a model."""

from __future__ import annotations

import contextlib
import csv
import datetime
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

# What a spreadsheet takes for the start of a formula, full-width forms included (OWASP, CSV Injection); and the
# apostrophe itself, so that taking one leading apostrophe away always gives the text back.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
BOM = "\ufeff"


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that starts like a formula gets a leading apostrophe; numbers stay."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def original_cell(text: str) -> str:
    """What `safe_cell` was given, for readers of a download."""
    return text.removeprefix("'")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Rows as RFC 4180 lines (CRLF), one at a time; the first begins with a byte order mark, for Excel."""
    write = csv.writer(_Echo(), lineterminator="\r\n").writerow
    yield BOM
    for row in rows:
        yield write([safe_cell(value) for value in row])


def csv_response(rows: Iterable[Sequence[Any]], filename: str) -> StreamingHttpResponse:
    """A CSV download in UTF-8, streamed row by row."""
    return stream_response(csv_lines(rows), filename, "text/csv; charset=utf-8")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What a cell of a spreadsheet holds at the most, in UTF-16 units as Excel counts; and a sheet, its head included.
LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576
# What XML 1.0 cannot hold. A tab and the ends of lines it can.
UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LINE_ENDS = re.compile("\r\n?")


class NotForSpreadsheets(ValueError):
    """Something that no spreadsheet can hold as it is; the message says what and where."""


def _units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


class Spreadsheet:
    """A workbook whose sheets are written row by row, in any order of sheets; a row of each is in memory at a time.

    Text stays text: nothing becomes a formula or a link. A line ends with a line feed, as in Excel's own files. Used as
    a context manager; the file is whole when it ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True})
        self._head = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._plain = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
        self._sheets: dict[str, Any] = {}
        self._rows: dict[str, int] = {}

    def __enter__(self) -> Spreadsheet:
        return self

    def __exit__(self, *exception: object) -> None:
        # Closed after a failure too, so that its temporary files go.
        self._book.close()

    def add_sheet(self, name: str, head: Sequence[Any], widths: Sequence[int] = ()) -> None:
        """An empty sheet with its head, which stays in sight. Names are cut to the 31 characters that Excel allows."""
        sheet = self._book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for column in range(len(head)):
            sheet.set_column(column, column, widths[column] if widths else (36 if column else 24))
        self._sheets[name], self._rows[name] = sheet, 0
        self.add(name, head)

    def add(self, name: str, row: Sequence[Any]) -> None:
        """A further row of a sheet: numbers as numbers, truth values as such, dates as dates, the rest as text.

        Raises NotForSpreadsheets on a row too many and on a cell that no spreadsheet can hold.
        """
        number = self._rows[name]
        if number >= MOST_ROWS:
            reason = _("The sheet “%(sheet)s” has more than the %(most)s rows that a spreadsheet holds.")
            raise NotForSpreadsheets(reason % {"sheet": name, "most": f"{MOST_ROWS:,}"})
        for column, value in enumerate(row):
            if value is not None and value != "":
                self._write(name, number, column, value)
        self._rows[name] = number + 1

    def _write(self, name: str, number: int, column: int, value: Any) -> None:
        sheet, style = self._sheets[name], self._plain if number else self._head
        if isinstance(value, bool):
            sheet.write_boolean(number, column, value, style)
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(number, column, value, style)
        elif isinstance(value, datetime.date):
            sheet.write_datetime(number, column, value, self._date)
        else:
            # Not the subclass of text that it may be.
            text = LINE_ENDS.sub("\n", str(value))
            self._check(text, name, number, column)
            sheet.write_string(number, column, text, style)

    def _check(self, text: str, name: str, number: int, column: int) -> None:
        reason = ""
        if _units(text) > LONGEST_CELL:
            reason = _("holds more than the %(most)s characters of a spreadsheet's cell") % {
                "most": f"{LONGEST_CELL:,}"
            }
        elif UNHOLDABLE.search(text):
            reason = _("holds a control character, which no spreadsheet can")
        elif text.startswith("<r>") and text.endswith("</r>"):
            # The writer takes this for markup of its own and would not escape it.
            reason = _("looks like the markup of a spreadsheet")
        if reason:
            cell = f"{name}!{xl_rowcol_to_cell(number, column)}"
            raise NotForSpreadsheets(_("The cell %(cell)s %(reason)s.") % {"cell": cell, "reason": reason})


def write_xlsx(file: BinaryIO, sheets: Mapping[str, Iterable[Sequence[Any]]]) -> None:
    """Sheets by their names, each an iterable of rows whose first one is the head. Raises NotForSpreadsheets."""
    with Spreadsheet(file) as book:
        for name, rows in sheets.items():
            for number, row in enumerate(rows):
                if number:
                    book.add(name, row)
                else:
                    book.add_sheet(name, row)


def file_response(write: Callable[[BinaryIO], None], filename: str, content_type: str) -> FileResponse:
    """A download that is written to a temporary file first, which goes when the answer has been sent.

    What `write` raises is raised before anything is sent.
    """
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        write(file)
        file.seek(0)
        # The response closes it from here on.
        stack.pop_all()
    return FileResponse(file, as_attachment=True, filename=filename, content_type=content_type)


def xlsx_response(sheets: Mapping[str, Iterable[Sequence[Any]]], filename: str) -> FileResponse:
    """A spreadsheet download. Raises NotForSpreadsheets before anything is sent."""
    return file_response(lambda file: write_xlsx(file, sheets), filename, XLSX)


def json_pieces(head: Mapping[str, Any], name: str, items: Iterable[Any]) -> Iterator[str]:
    """One JSON object in pieces: the members of the head, then `name` with the items, each on a line of its own."""
    text = json.dumps(head, ensure_ascii=False)[:-1]
    yield f"{text}{', ' if head else ''}{json.dumps(name)}: ["
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{json.dumps(item, ensure_ascii=False, allow_nan=False)}"
    yield "\n]}\n"


def stream_response(pieces: Iterable[str], filename: str, content_type: str) -> StreamingHttpResponse:
    """A download in UTF-8 that is sent as it is made."""
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    return response
