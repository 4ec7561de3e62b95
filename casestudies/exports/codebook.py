"""The codebook, made from the same declarations as the downloads: every column, every closed list, every vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Term, Vocabulary
from .columns import COLUMNS
from .declaring import SEPARATOR, Column, Type
from .tables import TABLES, Table

# What the types are in words.
TYPES: dict[Type, str | Promise] = {
    Type.STRING: gettext_lazy("text"),
    Type.INTEGER: gettext_lazy("whole number"),
    Type.NUMBER: gettext_lazy("number"),
    Type.BOOLEAN: gettext_lazy("yes or no"),
    Type.YEAR: gettext_lazy("year"),
    Type.DATE: gettext_lazy("date, as 2024-02-29"),
    Type.LIST: gettext_lazy("several texts, separated by |"),
}
COLUMN, VALUE, TERM = "column", "value", "term"


@dataclass(frozen=True)
class Entry:
    """A line of the codebook: a column of a table, a value of a closed list, or a term of a vocabulary.

    `table` is the table, the list or the vocabulary that it belongs to.
    """

    part: str
    table: str
    name: str
    label: str = ""
    definition: str = ""
    type: str = ""
    unit: str = ""
    allowed: str = ""
    missing: str = ""
    key: str = ""
    refers_to: str = ""
    parent: str = ""
    place: str = ""
    indicators: str = ""


ENTRY_HEADERS = [each.name for each in fields(Entry)]
ENTRY_MEANINGS: dict[str, str | Promise] = {
    "part": gettext_lazy("What the line is: column, value or term."),
    "table": gettext_lazy("The table of a column, the list of a value, the vocabulary of a term."),
    "name": gettext_lazy("Header of the column, or short name of the value or term."),
    "label": gettext_lazy("As the screen and the downloads show it."),
    "definition": gettext_lazy("What it means."),
    "type": gettext_lazy("Type of the column's values."),
    "unit": gettext_lazy("What numbers count in."),
    "allowed": gettext_lazy("Which values the column can have, where they are a closed list."),
    "missing": gettext_lazy("How a value that is not stated is written."),
    "key": gettext_lazy("Whether the column is part of what identifies a row."),
    "refers_to": gettext_lazy("The table and column that its values come from."),
    "parent": gettext_lazy("Short name of the term above it."),
    "place": gettext_lazy("Where in the paper the term stands."),
    "indicators": gettext_lazy("Headers of the 0/1 columns that the term has in the list of cases."),
}


@cache
def lists() -> dict[str, Any]:
    """The closed lists that columns take values from, by name: {"evidence": Evidence, …}."""
    every = [column.choices for table in TABLES for column in table.columns if column.choices is not None]
    return {name_of(choices): choices for choices in every}


def name_of(choices: Any) -> str:
    """The name of a closed list: «budget-status»."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", choices.__name__).lower()


def allowed(column: Column) -> str:
    """The values that a column can have, in words; empty where anything can stand."""
    if column.choices is not None:
        return f" {SEPARATOR} ".join(str(label) for label in column.choices.labels)
    if column.vocabulary:
        return _("labels of the vocabulary %(name)s") % {"name": column.vocabulary}
    return " | ".join(("yes", "no")) if column.type is Type.BOOLEAN else ""


def column_entry(table: Table, column: Column) -> Entry:
    """The line of a column."""
    is_key = column.header in table.key
    return Entry(
        part=COLUMN,
        table=table.name,
        name=column.header,
        label=str(column.label),
        definition=str(column.description),
        type=column.type.value,
        unit=str(column.unit),
        allowed=allowed(column),
        # A truth value and what identifies a row are always there.
        missing="" if is_key or column.type is Type.BOOLEAN else _("empty; null in JSON"),
        key="yes" if is_key else "no",
        refers_to=".".join(table.foreign.get(column.header, ())),
    )


def columns() -> Iterator[Entry]:
    """The lines of all columns, table by table."""
    return (column_entry(table, column) for table in TABLES for column in table.columns)


def values() -> Iterator[Entry]:
    """The lines of all values of the closed lists."""
    for name, choices in lists().items():
        for choice in choices:
            yield Entry(VALUE, name, choice.value, str(choice.label))


def term_entry(vocabulary: Vocabulary, term: Term) -> Entry:
    """The line of a term."""
    heads = [column.header for column in COLUMNS if column.terms is not None and column.vocabulary == vocabulary.slug]
    return Entry(
        TERM,
        vocabulary.slug,
        term.slug,
        term.label,
        term.definition,
        parent=term.parent.slug if term.parent else "",
        place=term.place,
        indicators=SEPARATOR.join(f"{header}:{term.slug}" for header in heads),
    )


def vocabularies() -> list[tuple[Vocabulary, list[Entry]]]:
    """Every vocabulary with the lines of its terms, in order. Two queries."""
    found: dict[int, list[Term]] = {}
    for term in Term.objects.select_related("parent"):
        found.setdefault(term.vocabulary_id, []).append(term)
    return [(each, [term_entry(each, term) for term in found.get(each.pk, [])]) for each in Vocabulary.objects.all()]


def terms() -> Iterator[Entry]:
    """The lines of all terms, vocabulary by vocabulary."""
    return (entry for _vocabulary, found in vocabularies() for entry in found)


def entries() -> Iterator[Entry]:
    """The whole codebook."""
    yield from columns()
    yield from values()
    yield from terms()


def codebook_rows() -> Iterator[tuple[str, ...]]:
    """The whole codebook as rows without their head (`ENTRY_HEADERS`)."""
    return (astuple(entry) for entry in entries())


def as_json() -> dict[str, Any]:
    """The codebook as JSON has it: tables with their columns, closed lists, vocabularies with their terms. Two queries.

    What a line does not have is left out.
    """

    def plain(entry: Entry, *without: str) -> dict[str, str]:
        names = (name for name in ENTRY_HEADERS if name not in ("part", "table", *without))
        return {name: value for name in names if (value := getattr(entry, name))}

    return {
        "tables": [
            {
                "name": table.name,
                "title": str(table.title),
                "description": str(table.description),
                "columns": [plain(column_entry(table, column)) for column in table.columns],
            }
            for table in TABLES
        ],
        "lists": [
            {"name": name, "values": [{"name": choice.value, "label": str(choice.label)} for choice in choices]}
            for name, choices in lists().items()
        ],
        "vocabularies": [
            {
                "name": vocabulary.slug,
                "title": vocabulary.label,
                "description": vocabulary.definition,
                "place": vocabulary.place,
                "is_ours": vocabulary.is_ours,
                "terms": [plain(entry) for entry in found],
            }
            for vocabulary, found in vocabularies()
        ],
    }


# The document in docs/, for which no database is asked.

HEAD = f"""# Codebook

Made from the code that exports (`python manage.py write_codebook`); a test fails when it is out of date. The same, with
every term of every vocabulary, stands on the site at `/data/codebook/`, `/data/codebook.csv` and `/data/codebook.json`.

## How values are written

An empty cell, or `null` in JSON, means *not stated*: never 0, never «no». Several values in one cell are separated by
`{SEPARATOR}`; a `{SEPARATOR}` inside a label is written `/`; JSON has a list. Numbers have a point and no separators;
truth values are `yes` and `no`, in JSON and spreadsheets `true` and `false`; dates are written as 2024-02-29.

**The list of cases as CSV.** `/cases/download.csv` takes the query string of `/cases/` and holds the same cases in the
same order, with the columns of the table `cases` below. `/figures/download.csv` does the same for `/figures/`. UTF-8
with a byte order mark, CRLF line ends, commas, quotes where needed (RFC 4180). Text that begins with `=`, `+`, `-`,
`@`, a tab, a line break, one of their full-width forms or an apostrophe gets one leading apostrophe, so that no
spreadsheet runs it as a formula. To have it back, take one leading apostrophe away.

With `indicators=1` a column of 0 and 1 follows for each term of the vocabularies that the list columns take their
values from, named like `trigger:policy-mismatch`: 1 where the case bears the term or a term below it, as the filters
count.

**The spreadsheet** (`.xlsx`) has a sheet for each table below, the codebook and how to cite it. What a spreadsheet
cannot hold (more than 1,048,576 rows, a text of more than 32,767 characters, control characters) is refused with the
reason; the package holds it. A line break in a cell is a line feed.

**The package** (`.zip`) is a Frictionless data package: the tables as plain CSV, without a byte order mark and without
the apostrophe, described by `datapackage.json`.
"""


def _row(table: Table, column: Column) -> str:
    target = table.foreign.get(column.header)
    notes = [str(column.description)]
    notes += [_("One of: %(values)s.") % {"values": allowed(column).replace(SEPARATOR, "·")}] if column.choices else []
    notes += [_("Vocabulary `%(name)s`.") % {"name": column.vocabulary}] if column.vocabulary else []
    notes += [f"→ `{'.'.join(target)}`"] if target else []
    key = " (key)" if column.header in table.key else ""
    return f"| `{column.header}`{key} | {column.type.value} | {' '.join(notes)} |\n"


def codebook() -> str:
    """The codebook as Markdown, without the terms of the vocabularies, which are data."""
    parts = [HEAD]
    for table in TABLES:
        parts.append(f"\n## {table.title}: `{table.name}`\n\n{table.description}\n\n")
        parts.append("| column | type | meaning |\n|---|---|---|\n")
        parts += [_row(table, column) for column in table.columns]
    for name, choices in lists().items():
        rows = "".join(f"- {choice.label}\n" for choice in choices)
        parts.append(f"\n## The list `{name}`\n\n{rows}")
    return "".join(parts)
