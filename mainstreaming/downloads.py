"""Download responses. Nothing here knows a model."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
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
