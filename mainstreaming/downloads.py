"""Download responses. Nothing here knows a model."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

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
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    return response


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What a cell of a spreadsheet holds at the most.
LONGEST_CELL = 32_767


def write_xlsx(file: BinaryIO, sheets: Mapping[str, Iterable[Sequence[Any]]]) -> None:
    """Sheets by their names, each an iterable of rows whose first one is the head. One row is in memory at a time.

    Text stays text: nothing becomes a formula or a link. Raises ValueError on a cell that no spreadsheet can hold.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 0, 24)
            sheet.set_column(1, 50, 36)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, str) and len(value) > LONGEST_CELL:
                        raise ValueError(f"cell {number + 1}:{column + 1} of “{name}” holds {len(value)} characters")
                    sheet.write(number, column, value, plain if number else head)


def xlsx_response(sheets: Mapping[str, Iterable[Sequence[Any]]], filename: str) -> FileResponse:
    """A spreadsheet download. It is written to a temporary file that goes when the answer has been sent."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    write_xlsx(file, sheets)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename, content_type=XLSX)
