"""How tests read the files in which a selection leaves the portal: each form as the rows of its cases, typed alike."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from typing import Any

import openpyxl
from django.test import Client

from casestudies.exports.columns import COLUMNS
from casestudies.exports.declaring import Type
from mainstreaming.downloads import original_cell

FORMS = ("csv", "xlsx", "json", "geojson", "zip")
PATH = "/cases/download."


def fetched(visitor: Client, path: str) -> bytes:
    """The whole of an answer that is there."""
    response = visitor.get(path)
    assert response.status_code == 200, (path, response.content)
    return b"".join(response.streaming_content)


def raw_table(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def package(data: bytes) -> dict[str, bytes]:
    """The files of a ZIP by their paths."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def sheet(data: bytes, name: str) -> list[dict[str, Any]]:
    """The rows of a sheet by the headers in its first row."""
    head, *rows = workbook(data)[name].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def of_text(cell: str, kind: Type) -> Any:
    """A cell of a CSV as JSON has it."""
    if kind is Type.LIST:
        return cell.split("|") if cell else []
    if cell == "":
        return None
    if kind is Type.BOOLEAN:
        return {"yes": True, "no": False}[cell]
    if kind in (Type.INTEGER, Type.YEAR):
        return int(cell)
    return float(cell) if kind is Type.NUMBER else cell


def of_sheet(cell: Any, kind: Type) -> Any:
    """A cell of a spreadsheet as JSON has it."""
    if kind is Type.LIST:
        return cell.split("|") if cell else []
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return cell


def cases(visitor: Client, form: str, query: str = "") -> list[dict[str, Any]]:
    """The cases of a selection as one of the forms has them, by the columns of the list."""
    data = fetched(visitor, f"{PATH}{form}{query}")
    kinds = {column.header: column.type for column in COLUMNS}
    if form == "csv":
        rows = [{name: original_cell(cell) for name, cell in row.items()} for row in raw_table(data)]
        return [{name: of_text(row[name], kind) for name, kind in kinds.items()} for row in rows]
    if form == "zip":
        rows = raw_table(package(data)["data/cases.csv"])
        return [{name: of_text(row[name], kind) for name, kind in kinds.items()} for row in rows]
    if form == "xlsx":
        return [{name: of_sheet(row[name], kind) for name, kind in kinds.items()} for row in sheet(data, "cases")]
    if form == "geojson":
        return [feature["properties"] for feature in json.loads(data)["features"]]
    return [{name: record[name] for name in kinds} for record in json.loads(data)["cases"]]
