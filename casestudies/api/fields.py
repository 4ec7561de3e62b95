"""The fields of the API's records: the columns of the downloads, with what only the API has. Each is declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..exports.columns import COLUMNS, FIGURE_COLUMNS
from ..exports.declaring import Column, Type, yes_no
from ..exports.tables import TABLES, TABLES_BY_NAME, WORKS, Table, plain, truth
from ..facets import FACETS_BY_VOCABULARY


@dataclass(frozen=True)
class Nested:
    """A field that holds a list of records."""

    header: str
    rows: Callable[[Any], Iterable[Any]]
    fields: Sequence[Field]
    description: str | Promise

    def value(self, row: Any, base_url: str) -> list[dict[str, Any]]:
        """The records of a row, each as JSON has it."""
        return [values(self.fields, each, base_url) for each in self.rows(row)]


Field = Column | Nested


def values(fields: Iterable[Field], row: Any, base_url: str) -> dict[str, Any]:
    """A row as JSON has it: its values by the names of the fields."""
    return {field.header: field.value(row, base_url) for field in fields}


# What JSON Schema calls each type. Text that is empty and numbers that are not stated are null.
JSON_TYPES: dict[Type, dict[str, Any]] = {
    Type.STRING: {"type": "string"},
    Type.INTEGER: {"type": "integer"},
    Type.YEAR: {"type": "integer"},
    Type.NUMBER: {"type": "number"},
    Type.BOOLEAN: {"type": "boolean"},
    Type.DATE: {"type": "string", "format": "date"},
}
# What every record has that has it at all.
NEVER_EMPTY = frozenset({"url", "api_url", "slug", "case", "key", "number"})


def field_schema(field: Field) -> dict[str, Any]:
    """The JSON schema of a field's values, from its declaration."""
    if isinstance(field, Nested):
        return {"type": "array", "items": record_schema(field.fields), "description": str(field.description)}
    if field.type is Type.LIST:
        schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    else:
        schema = dict(JSON_TYPES[field.type])
        if field.choices is not None:
            schema["enum"] = [str(choice.label) for choice in field.choices]
        if field.header not in NEVER_EMPTY:
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"].append(None)
    unit = f" ({field.unit})" if field.unit else ""
    return schema | {"description": f"{field.description}{unit}"}


def record_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """The JSON schema of a record: every field is there, and no other."""
    properties = {field.header: field_schema(field) for field in fields}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# Addresses


def api_url(name: str, find: Callable[[Any], Any], description: str | Promise) -> Column:
    """Where the API has the record, or the one that a row belongs to."""
    return Column("api_url", lambda row, base: f"{base}{reverse(name, args=[find(row)])}", description)


def page_url(find: Callable[[Any], str]) -> Column:
    """The address of the page that shows the record."""
    return Column("url", lambda row, base: f"{base}{find(row)}", _("The address of its page, stable."))


def number(header: str, find: Callable[[Any], int], description: str | Promise) -> Column:
    return Column(header, lambda row, base: find(row), description, type=Type.INTEGER)


def anchored(kind: str) -> Column:
    """Where on its case's page a row stands."""
    return Column(
        "url",
        lambda row, base: f"{base}{row.case.get_absolute_url()}#{kind}-{row.key}",
        _("Where it stands on its case's page, stable."),
    )


RECORD = _("The address of this record in the API.")
CASE_API = api_url("api-case", lambda case: case.slug, RECORD)
OF_CASE_API = api_url("api-case", lambda row: row.case.slug, _("The address of its case's record in the API."))

CASE_FIELDS: tuple[Field, ...] = (*COLUMNS, CASE_API)


def of_case(table: Table) -> Nested:
    """The rows of a table within the record of their case, which they do not name again."""
    columns = [column for column in table.columns if column.header != "case"]
    return Nested(table.name, table.rows, columns, table.description)


FULL_CASE_FIELDS: tuple[Field, ...] = (*CASE_FIELDS, *(of_case(table) for table in TABLES[1:]))

FIGURE_FIELDS: tuple[Field, ...] = (*FIGURE_COLUMNS, OF_CASE_API)
ILLUSTRATION_FIELDS: tuple[Field, ...] = (
    anchored("illustration"),
    *TABLES_BY_NAME["illustrations"].columns,
    OF_CASE_API,
)
ACTOR_FIELDS: tuple[Field, ...] = (anchored("actor"), *TABLES_BY_NAME["actors"].columns, OF_CASE_API)

SOURCE_FIELDS: tuple[Field, ...] = (
    *WORKS.columns,
    number("cases", lambda work: work.case_count, _("How many cases cite it.")),
    api_url("api-source", lambda work: work.slug, RECORD),
)
#: How many of the cases that cite a work its record names.
MOST_CITING = 100
CITING_FIELDS: tuple[Field, ...] = (
    plain("slug", _("The case's short name in addresses, stable.")),
    plain("name", _("The territory.")),
    page_url(lambda case: case.get_absolute_url()),
    CASE_API,
)
FULL_SOURCE_FIELDS: tuple[Field, ...] = (
    *SOURCE_FIELDS,
    Nested(
        "citing",
        lambda work: work.citing,
        CITING_FIELDS,
        _("The cases that cite it, by their numbers: the first 100. How many there are says “cases”."),
    ),
)

SUBPOINT_FIELDS: tuple[Field, ...] = (
    plain("label", _("How it is cited: number and letter.")),
    plain("letter", _("Its letter.")),
    plain("title", _("Short title.")),
    plain("text", _("The text, in our words.")),
)
RECOMMENDATION_FIELDS: tuple[Field, ...] = (
    number("number", lambda r: r.number, _("Its number in Part 3.")),
    plain("title", _("Short title.")),
    plain("text", _("The text, in our words.")),
    Column("group", lambda r, base: r.group.slug, _("Short name of its group, stable.")),
    Column("group_title", lambda r, base: r.group.title, _("Title of its group: a theme or an addressee.")),
    Nested("subpoints", lambda r: r.subpoints.all(), SUBPOINT_FIELDS, _("Its lettered parts, where it has any.")),
    number("cases", lambda r: r.case_count, _("How many cases illustrate it or a part of it.")),
    page_url(lambda r: reverse("recommendation", args=[r.number])),
    api_url("api-recommendation", lambda r: r.number, RECORD),
)


def filter_of(vocabulary: Any, base_url: str) -> str:
    facet = FACETS_BY_VOCABULARY.get(vocabulary.slug)
    return facet.name if facet else ""


VOCABULARY_FIELDS: tuple[Field, ...] = (
    plain("slug", _("Its short name in addresses, stable.")),
    plain("label", _("Name.")),
    plain("question", _("What a reader asks with it.")),
    plain("definition", _("What it means.")),
    plain("place", _("Where in the paper it stands.")),
    truth("is_ours", _("Whether the list is the portal's, not the paper's."), header="ours"),
    truth("is_single", _("Whether a case has one of its terms at most."), header="single"),
    Column("filter", filter_of, _("The parameter of the cases that takes its terms; null where there is none.")),
    page_url(lambda vocabulary: vocabulary.get_absolute_url()),
    api_url("api-vocabulary", lambda vocabulary: vocabulary.slug, RECORD),
)
# Of a `grid.TermView`: a term with its count.
TERM_FIELDS: tuple[Field, ...] = (
    Column("slug", lambda view, base: view.term.slug, _("Its short name within the vocabulary, stable.")),
    Column("label", lambda view, base: view.term.label, _("Name.")),
    Column("definition", lambda view, base: view.term.definition, _("What it means.")),
    Column("usual_role", lambda view, base: view.term.usual_role, _("Of types of actors: what such usually do.")),
    Column("example", lambda view, base: view.term.example, _("The paper's example.")),
    Column("parent", lambda view, base: view.parent, _("Short name of the term above it; null at the top.")),
    Column("place", lambda view, base: view.term.place, _("Where in the paper it stands.")),
    Column(
        "retired",
        lambda view, base: yes_no(view.term.is_retired),
        _("Whether it is offered for new cases no more."),
        type=Type.BOOLEAN,
    ),
    number("cases", lambda view: view.cases, _("How many cases bear it or a term below it.")),
    page_url(lambda view: view.term.get_absolute_url()),
)
FULL_VOCABULARY_FIELDS: tuple[Field, ...] = (
    *VOCABULARY_FIELDS,
    Nested(
        "terms",
        lambda vocabulary: vocabulary.shown_terms,
        TERM_FIELDS,
        _("Its terms, each before those below it."),
    ),
)
