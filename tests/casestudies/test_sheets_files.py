"""Files that are no workbook, or not one that a spreadsheet program would write for an honest person."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlsxwriter

from casestudies.sheets import reading
from casestudies.sheets.faults import Faults, TooManyFaults
from casestudies.sheets.reading import NotAWorkbook, read_book

from .workbooks import planned

HEAD = ("slug", "number", "name", "title", "collection", "country_code")


def workbook(write: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    write(book)
    book.close()
    return file.getvalue()


def sheet(book: xlsxwriter.Workbook, name: str = "cases", *rows: tuple) -> xlsxwriter.worksheet.Worksheet:
    made = book.add_worksheet(name)
    for number, row in enumerate(rows or (HEAD,)):
        for place, value in enumerate(row):
            made.write(number, place, value)
    return made


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The file with one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry.filename, change(content) if entry.filename.endswith(name) else content)
    return file.getvalue()


def extended(data: bytes, **parts: bytes) -> bytes:
    """The file with further parts."""
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def read(data: bytes, name: str = "cases.xlsx") -> tuple[reading.Book, Faults]:
    faults = Faults()
    return read_book(data, name, faults), faults


PLAIN = workbook(lambda book: sheet(book) and None)
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("cases.csv", PLAIN, r"Only \.xlsx"),
        ("cases.xlsm", PLAIN, r"Only \.xlsx"),
        ("cases.xlsx", b"", "no .xlsx"),
        ("cases.xlsx", b"slug,name\n", "no .xlsx"),
        # How a file with a password begins.
        ("cases.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "password"),
        ("cases.xlsx", PLAIN[:-200], "no .xlsx|damaged"),
        ("cases.xlsx", PLAIN[:100] + b"x" * 50 + PLAIN[150:], "damaged"),
        ("cases.xlsx", extended(PLAIN, **{"xl/vbaProject.bin": b"x"}), "macros"),
        ("cases.xlsx", changed(PLAIN, "Types].xml", lambda c: c.replace(b"sheet.main", b"macro.main")), "macros"),
        ("cases.xlsx", extended(PLAIN, **{f"x/{number}": b"" for number in range(600)}), "larger"),
        ("cases.xlsx", changed(PLAIN, "sheet1.xml", lambda c: c[:-40]), "damaged"),
        ("cases.xlsx", changed(PLAIN, "sharedStrings.xml", lambda c: ENTITIES), "damaged"),
    ],
    ids=[
        "csv", "xlsm", "empty", "text", "password", "cut", "broken", "macros", "other-kind", "parts", "half",
        "entities",
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_refused_with_the_reason(name, data, reason):
    with pytest.raises(NotAWorkbook, match=reason):
        read(data, name)


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_UNPACKED", 1_000_000)
    bomb = extended(PLAIN, **{"xl/bomb.bin": b"\0" * 1_000_001})
    assert len(bomb) < 10_000
    with pytest.raises(NotAWorkbook, match="larger"):
        read(bomb)
    monkeypatch.setattr(reading, "LARGEST_FILE", 1000)
    with pytest.raises(NotAWorkbook, match="MB"):
        read(PLAIN)


def test_cells_that_cannot_be_taken_are_named():
    def write(book):
        made = sheet(book, "cases", HEAD, ("vaud",))
        made.write_formula(1, 1, "=1+1", None, 2)
        made.write_array_formula("C2:C2", "{=SUM(1,2)}", None, 3)
        made.write_datetime(
            1, 3, datetime.datetime.fromisoformat("2015-06-30T12:30"), book.add_format({"num_format": "d.m.yy h:mm"})
        )
        made.write_string(1, 4, "x" * 32_767)
        made.merge_range("A5:B6", "merged")
        made.write_number(1, 250, 1)

    data = changed(workbook(write), "sharedStrings.xml", lambda c: c.replace(b"merged", b"a_x0000_b"))
    data = changed(data, "sharedStrings.xml", lambda c: c.replace(b"x" * 32_767, b"y" * 2_000_000))
    _book, faults = read(data)
    assert [(fault.row, fault.column, fault.header) for fault in faults] == [
        (2, "B", "number"), (2, "C", "name"), (2, "D", "title"), (2, "E", "collection"), (2, "IQ", ""),
        (5, "A", "slug"), (0, "", ""),
    ]  # fmt: skip
    reasons = [fault.reason for fault in faults]
    assert ["formula" in reason for reason in reasons[:3]] == [True, True, False]
    assert "time of day" in reasons[2]
    assert "32,767" in reasons[3]
    assert "control character" in reasons[5]
    assert "A5:B6 are merged" in reasons[6]
    # What no database stores is not repeated.
    assert faults[5].value == "a\ufffdb"
    assert faults[3].value == "y" * 119 + "…"


def test_values_are_what_was_typed():
    def write(book):
        made = sheet(book, "cases", HEAD, ("=1+1", 4.5, True, " x ", "a\nb"))
        made.write_string(1, 0, "=1+1")
        made.write_datetime(1, 5, datetime.date(2015, 6, 30), book.add_format({"num_format": "d.m.yy"}))
        made.write_string(2, 0, "1_x000D_\n2")

    # As programs write it that end lines with both signs.
    data = changed(workbook(write), "sharedStrings.xml", lambda c: c.replace(b"_x005F_x000D_", b"_x000D_"))
    book, faults = read(data)
    assert faults == []
    first, second = book.sheets["cases"].rows
    assert [first.cells[place].value for place in range(1, 7)] == [
        "=1+1", 4.5, True, " x ", "a\nb", datetime.date(2015, 6, 30),
    ]  # fmt: skip
    assert second.cells[1].value == "1\n2"


def test_a_million_rows_without_content_cost_nothing():
    empty = b"".join(b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/></row>' % (n, n) for n in range(3, 200_003))
    end = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>last</t></is></c></row></sheetData>'
    data = workbook(lambda book: sheet(book, "cases", HEAD, ("vaud",)) and None)
    data = changed(data, "sheet1.xml", lambda c: c.replace(b"</sheetData>", empty + end))
    assert len(data) < reading.LARGEST_FILE
    book, faults = read(data)
    assert [row.number for row in book.sheets["cases"].rows] == [2, 1_048_576]
    assert faults == []
    # A row that no sheet has, and too many that hold something.
    beyond = b'<row r="999999999"><c r="A999999999" t="b"><v>1</v></c></row></sheetData>'
    book, _faults = read(changed(PLAIN, "sheet1.xml", lambda c: c.replace(b"</sheetData>", beyond)))
    assert book.sheets["cases"].rows == []
    full = b"".join(b'<row r="%d"><c><v>1</v></c></row>' % n for n in range(2, reading.MOST_ROWS + 3))
    with pytest.raises(NotAWorkbook, match="larger"):
        read(changed(PLAIN, "sheet1.xml", lambda c: c.replace(b"</sheetData>", full + b"</sheetData>")))


def test_errors_without_end_end_the_reading():
    rows = [("=1",) * 100] * 60
    data = workbook(lambda book: sheet(book, "cases", HEAD, *rows) and None)
    with pytest.raises(TooManyFaults):
        read(data)


@pytest.mark.django_db
def test_sheets_and_columns_that_are_not_known_are_told_with_the_nearest_name():
    def write(book):
        sheet(book, "figurs", ("case", "key"), ("vaud", "x"))
        sheet(book, "places", ("case", "nam"), ("vaud", "x"))
        sheet(book, "cases", ("slug", "title", "titel", "title"), ("vaud", "a", "b", "c", "d"))
        sheet(book, "codebook", ("anything",))
        book.add_worksheet("Sheet1")

    faults = planned(workbook(write)).faults
    assert [(fault.sheet, fault.row, fault.column, fault.header) for fault in faults] == [
        ("figurs", 0, "", ""),
        ("cases", 1, "C", "titel"), ("cases", 1, "D", "title"), ("cases", 2, "", "collection"),
        ("cases", 2, "", "country_code"), ("cases", 2, "", "name"), ("cases", 2, "E", ""),
        ("places", 1, "", "key"), ("places", 1, "B", "nam"),
    ]  # fmt: skip
    by_place = {(fault.sheet, fault.header): fault.reason for fault in faults}
    assert "Nearest: “figures”" in by_place["figurs", ""]
    assert "Nearest: “title”" in by_place["cases", "titel"]
    assert "twice" in by_place["cases", "title"]
    assert "no name in the first row" in by_place["cases", ""]
    assert by_place["places", "key"] == "The sheet lacks this column."
    assert by_place["places", "nam"].endswith("Nearest: “name”.")


@pytest.mark.django_db
def test_two_sheets_of_one_name_and_rows_that_stand_twice():
    def write(book):
        sheet(book, "cases")
        sheet(book, "figures", ("case", "key"), ("nowhere", "x"), ("", "y"))
        sheet(book, "Figure2", ("case", "key"))

    data = changed(workbook(write), "workbook.xml", lambda c: c.replace(b"Figure2", b"FIGURES"))
    assert [(fault.sheet.lower(), fault.row, fault.header) for fault in planned(data).faults] == [
        ("figures", 0, ""), ("figures", 2, "case"), ("figures", 3, "case"),
    ]  # fmt: skip
    assert (
        planned(workbook(lambda book: sheet(book, "Sheet1", ("", "")) and None))
        .faults[0]
        .reason.startswith("The file has no sheet")
    )
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames[1] == "figures"
