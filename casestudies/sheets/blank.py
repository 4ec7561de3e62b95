"""The workbook to write new cases in: every sheet with its columns, lists to choose from, and how to fill it in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import xlsxwriter
from django.db import models
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from recommendations.models import Recommendation

from ..collection.schema import is_required
from ..collection.trees import CASE, is_inside
from ..exports.declaring import SEPARATOR, Column, Type
from ..exports.tables import TABLES, WORKS, Table
from ..models import Collection, Country, Currency, Organization, Source, Term, Vocabulary
from .lines import CHOICES, EXAMPLE, GUIDE
from .mapping import field_of, is_writable, label_of_table

# Rows for which the lists are offered.
OFFERED = 1000
WIDE, NARROW = 30, 14
Lists = dict[str, list[str]]


def fillable(table: Table) -> list[Column]:
    """The columns that somebody can fill in: what names the row, what sets a field, and what says within what."""
    inputs = {column.within for column in table.columns}
    return [
        c for c in table.columns if c.header in (*table.key, *inputs) or (is_writable(table, c) and c.header != "key")
    ]


def write_blank(file: BinaryIO) -> None:
    """Writes the workbook. A few queries, whatever there is to choose from."""
    book = xlsxwriter.Workbook(file)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    example = book.add_format({"italic": True, "font_color": "#666666", "text_wrap": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    guide = book.add_worksheet(GUIDE)
    lists = _lists()
    places: dict[str, str] = {}
    for table in TABLES:
        if table is WORKS:
            continue
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(fillable(table)):
            is_text = column.type in (Type.STRING, Type.LIST)
            sheet.set_column(place, place, WIDE if is_text else NARROW, text if is_text else plain)
            sheet.write_string(0, place, column.header, head)
            _write_example(sheet, place, table, column, example)
            name = _list_of(table, column)
            if lists.get(name):
                source = places.setdefault(name, _place(len(places), len(lists[name])))
                # What takes several values cannot be held to the list.
                sheet.data_validation(
                    2, place, OFFERED, place,
                    {"validate": "list", "source": source, "error_type": "information",
                     "show_error": column.type is not Type.LIST},
                )  # fmt: skip
    choices = book.add_worksheet(CHOICES)
    choices.hide()
    for place, name in enumerate(places):
        for row, value in enumerate([name, *lists[name]]):
            choices.write_string(row, place, value)
    _write_guide(guide, head, plain)
    book.close()


def _place(number: int, size: int) -> str:
    column = xl_col_to_name(number)
    return f"={CHOICES}!${column}$2:${column}${size + 1}"


def _lists() -> Lists:
    """What may be chosen, by the name of the list."""
    found: Lists = {"yes/no": ["yes", "no"], Vocabulary.__name__: []}
    for vocabulary, label, slug in Term.objects.order_by("vocabulary", "position", "slug").values_list(
        "vocabulary__slug", "label", "slug"
    ):
        found.setdefault(vocabulary, []).append(label)
        found.setdefault(Term.__name__, []).append(slug)
    found[Vocabulary.__name__] = sorted(found.keys() - {"yes/no", Vocabulary.__name__, Term.__name__})
    found[Term.__name__] = sorted(set(found.get(Term.__name__, [])))
    for model, name in ((Country, "code"), (Currency, "code"), (Organization, "slug"), (Source, "slug")):
        found[model.__name__] = list(model.objects.order_by(name).values_list(name, flat=True))
    found[Collection.__name__] = list(Collection.objects.values_list("title", flat=True))
    found[Recommendation.__name__] = [str(n) for n in Recommendation.objects.values_list("number", flat=True)]
    for table in TABLES:
        for column in table.columns:
            if column.choices is not None:
                found[column.choices.__name__] = [str(label) for label in column.choices.labels]
    return found


def _list_of(table: Table, column: Column) -> str:
    """The name of the list that a column takes its values from; empty where it takes any."""
    if column.choices is not None:
        return column.choices.__name__
    if column.vocabulary:
        return column.vocabulary
    if column.type is Type.BOOLEAN:
        return "yes/no"
    if column.header == "vocabulary":
        return Vocabulary.__name__
    if not is_writable(table, column):
        return ""
    field = field_of(table, column)
    return field.related_model.__name__ if field.is_relation and not is_inside(CASE, field) else ""


def _write_example(sheet: Any, place: int, table: Table, column: Column, style: Any) -> None:
    if column.header in ("case", "slug"):
        sheet.write_string(1, place, EXAMPLE, style)
    elif column.header == "key":
        sheet.write_string(1, place, "example", style)
    elif column.type in (Type.INTEGER, Type.NUMBER, Type.YEAR):
        sheet.write_number(1, place, 2014 if column.type is Type.YEAR else 1, style)
    elif column.type is Type.STRING and column.choices is None:
        sheet.write_string(1, place, _("Example"), style)


def _write_guide(sheet: Any, head: Any, plain: Any) -> None:
    for place, width in enumerate((22, 24, 70, 50, 10)):
        sheet.set_column(place, place, width, plain)
    row = 0
    for row, line in enumerate(_introduction()):
        sheet.write_string(row, 0, line)
    row += 2
    for place, title in enumerate((_("sheet"), _("column"), _("meaning"), _("what may stand there"), _("needed"))):
        sheet.write_string(row, place, title, head)
    for line in _told():
        row += 1
        for place, cell in enumerate(line):
            sheet.write_string(row, place, cell, plain)


def _introduction() -> Iterator[str]:
    yield _("One row in the sheet “cases” for each new case, with a slug of its own: small letters, digits, hyphens.")
    yield _("The other sheets hold what belongs to it: name the case by its slug in the column “case”.")
    yield _("Leave “key” empty, unless another row refers to it: a component's parent, a mechanism's members.")
    yield _("Several values in one cell are separated by “%(sign)s”.") % {"sign": SEPARATOR}
    yield _("The rows of the case “%(slug)s” are an example; they are left out when the file is sent.") % {
        "slug": EXAMPLE
    }


def _told() -> Iterator[tuple[str, str, str, str, str]]:
    for table in TABLES:
        if table is WORKS:
            continue
        for column in fillable(table):
            yield table.name, column.header, str(column.description), _allowed(table, column), _needed(table, column)


def _needed(table: Table, column: Column) -> str:
    if column.header in ("case", "slug"):
        return _("yes")
    # The next number of its collection is a new case's.
    is_needed = is_writable(table, column) and is_required(label_of_table(table), column.field)
    return _("yes") if is_needed and column.field != "ordinal" else ""


def _allowed(table: Table, column: Column) -> str:
    """What may stand in a column, in words."""
    if column.choices is not None:
        return ", ".join(str(label) for label in column.choices.labels)
    if column.vocabulary:
        return _("Terms of “%(name)s”, by label or slug.") % {"name": column.vocabulary}
    kinds = {
        Type.BOOLEAN: _("yes or no"),
        Type.INTEGER: _("a whole number"),
        Type.NUMBER: _("a number"),
        Type.YEAR: _("a year"),
        Type.DATE: _("a date"),
    }
    if column.type in kinds:
        return kinds[column.type]
    if not is_writable(table, column):
        return ""
    field = field_of(table, column)
    if not field.is_relation:
        return _length(field)
    if is_inside(CASE, field):
        return _("The key of a row of the same case.")
    if field.related_model in (Organization, Source):
        return _("The short name, or the exact name.")
    return ""


def _length(field: models.Field) -> str:
    most = getattr(field, "max_length", None)
    return _("text of at most %(most)s characters") % {"most": most} if most else _("text")
