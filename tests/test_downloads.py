"""Cells that no spreadsheet runs, and CSV lines as RFC 4180 has them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.http import StreamingHttpResponse
from hypothesis import given
from hypothesis import strategies as st

from mainstreaming.downloads import csv_lines, csv_response, original_cell, safe_cell


@pytest.mark.parametrize(("value", "cell"), [
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("+1", "'+1"),
    ("-1", "'-1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\tx", "'\tx"),
    ("\rx", "'\rx"),
    ("\nx", "'\nx"),
    ("＝1", "'＝1"),
    ("＋1", "'＋1"),
    ("－1", "'－1"),
    ("＠x", "'＠x"),
    # An apostrophe too, so that taking one away gives the text back.
    ("'s-Hertogenbosch", "''s-Hertogenbosch"),
    ("’s-Hertogenbosch", "’s-Hertogenbosch"),
    ("Sédhiou", "Sédhiou"),
    ("1+1", "1+1"),
    ("", ""),
    # Numbers are numbers, negative ones included.
    (-5, -5),
    (Decimal("-1.50"), Decimal("-1.50")),
    (None, None),
])  # fmt: skip
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(value, cell):
    assert safe_cell(value) == cell
    if isinstance(value, str):
        assert original_cell(cell) == value


@given(st.text())
def test_any_text_comes_back(text):
    cell = safe_cell(text)
    assert original_cell(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_lines_are_csv_with_a_mark_and_crlf():
    rows = [
        ["a", "b"],
        ["é, “x”", 'say "no"'],
        ["two\nlines", "two\r\nlines"],
        ["", None],
        [1, Decimal("2.50")],
        ["=1", "'1"],
    ]
    assert "".join(csv_lines(rows)) == (
        '\ufeffa,b\r\n"é, “x”","say ""no"""\r\n"two\nlines","two\r\nlines"\r\n,\r\n1,2.50\r\n\'=1,\'\'1\r\n'
    )


def test_lines_are_made_one_at_a_time():
    made = []

    def rows():
        for number in range(3):
            made.append(number)
            yield [number]

    lines = csv_lines(rows())
    assert [next(lines), list(made)] == ["\ufeff", []]
    assert [next(lines), list(made)] == ["0\r\n", [0]]
    assert [next(lines), list(made)] == ["1\r\n", [0, 1]]


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")), min_size=2, max_size=2)
    )
)
def test_any_table_can_be_read_back(rows):
    text = "".join(csv_lines(rows)).removeprefix("\ufeff")
    assert [[original_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))] == rows


def test_the_response_is_a_streamed_attachment():
    response = csv_response(iter([["Zürich"]]), "a list.csv")
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="a list.csv"'
    assert b"".join(response) == b"\xef\xbb\xbfZ\xc3\xbcrich\r\n"
