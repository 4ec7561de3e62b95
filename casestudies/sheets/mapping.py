"""How the cell of a column becomes the field of a row: what may stand there, and what it means."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext as _

from recommendations.models import Recommendation, SubPoint

from ..collection.schema import fields_of, label_of, normal
from ..collection.trees import CASE, is_inside
from ..exports.declaring import SEPARATOR, Column, yes_no
from ..exports.tables import CASES, ROW_TABLES, TABLES_BY_NAME, WORKS, Table
from ..models import (
    Budget,
    Case,
    Collection,
    Country,
    Currency,
    Organization,
    Source,
    Term,
    child_accessors,
)
from ..text import fold
from .faults import suggestion

TRUE, FALSE = {"yes", "true", "1"}, {"no", "false", "0"}
MOST_SUGGESTED = 50
# What people type to part the digits of a long number: spaces of every width.
GROUPED = re.compile(r"(?<=\d)[\s\u00a0\u2009\u202f](?=\d{3}(?!\d))")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")
# A number in its collection, behind the prefix.
ORDINAL = re.compile(r"[1-9]\d{0,8}\Z")


class BadCell(Exception):
    """A cell that cannot stand where it does; the message is the reason."""


@cache
def _labels() -> dict[str, str]:
    """The model whose rows a table holds, by the table's name. The works, which cases share, have none."""
    accessors = {**child_accessors(), "budget": Budget}
    return {CASES.name: CASE} | {table.name: label_of(accessors[table.accessor]) for table in ROW_TABLES}


def label_of_table(table: Table) -> str:
    """The model whose rows a table holds; not of the works, which cases share."""
    return _labels()[table.name]


def table_of(label: str) -> Table:
    """The table of a model's rows."""
    return next(TABLES_BY_NAME[name] for name, each in _labels().items() if each == label)


def case_header(table: Table) -> str:
    """The column that names the case."""
    return "slug" if table is CASES else "case"


def is_writable(table: Table, column: Column) -> bool:
    """Whether a cell of the column sets something: not what names the row, and not what follows from elsewhere."""
    return bool(column.field) and table is not WORKS and column.header not in ("key", case_header(table))


def shown(value: Any) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, float | Decimal):
        return str(normal(Decimal(repr(value)) if isinstance(value, float) else value))
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def same(column: Column, one: Any, other: Any) -> bool:
    """Whether two cells of a column say the same, however a spreadsheet program stored it."""
    if column.header == "url":
        # The same page, whichever address the site is reached under.
        one, other = urlsplit(shown(one)).path, urlsplit(shown(other)).path
    return shown(one).replace("\r\n", "\n") == shown(other).replace("\r\n", "\n")


# -- Plain values


def plain_value(field: models.Field, value: Any) -> Any:
    """The value of a plain field in normal form. Raises BadCell where it is of another kind."""
    if field.choices:
        return _choice(field, value)
    if isinstance(field, models.BooleanField):
        return _truth(value)
    if isinstance(field, models.IntegerField):
        return None if value is None else _whole(value)
    if isinstance(field, models.DecimalField):
        return None if value is None else _decimal(value)
    if isinstance(field, models.DateField):
        return None if value is None else _date(value)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime.date):
        raise BadCell(_("This is a date, where text belongs. Format the cell as text and write it again."))
    if isinstance(value, bool):
        raise BadCell(_("This is yes or no, where text belongs. Format the cell as text and write it again."))
    return shown(value).strip()


def _choice(field: models.Field, value: Any) -> str:
    text = _text(value)
    if not text:
        return ""
    known = {str(label): slug for slug, label in field.flatchoices}
    for label, slug in known.items():
        if fold(text) in (fold(label), fold(slug)):
            return slug
    raise BadCell(_("This is none of the values of the list.") + suggestion(text, known))


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = shown(value).strip().lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    if not text:
        return False
    raise BadCell(_("Write yes or no."))


def _number(value: Any) -> str:
    """The digits of a number that was typed as a number or as text."""
    if isinstance(value, datetime.date):
        raise BadCell(_("This is a date, where a number belongs. Format the cell as a number and write it again."))
    if isinstance(value, bool):
        raise BadCell(_("This is yes or no, where a number belongs."))
    text = GROUPED.sub("", shown(value).strip())
    if not NUMBER.match(text):
        raise BadCell(_("This is no number. Write digits only, with a point before decimals."))
    return text


def _whole(value: Any) -> int:
    number = _number(value)
    try:
        whole = Decimal(number)
    except InvalidOperation as error:
        raise BadCell(_("This is no number.")) from error
    if whole != whole.to_integral_value() or abs(whole) >= 10**15:
        raise BadCell(_("This is no whole number."))
    return int(whole)


def _decimal(value: Any) -> str:
    number = _number(value)
    if len(number) > 40:
        raise BadCell(_("This number has too many digits."))
    return str(normal(Decimal(number)))


def _date(value: Any) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(shown(value).strip()).isoformat()
    except ValueError as error:
        raise BadCell(_("This is no date. Write it as 2015-06-30.")) from error


def ordinal(value: Any, prefix: str) -> int:
    """A case's number in its collection, from «4.12» or «12». Raises BadCell."""
    if isinstance(value, float) and prefix:
        # To a spreadsheet 4.1 and 4.10 are the same number.
        raise BadCell(_("This is a number, where text belongs: “4.10” would be “4.1”. Format the cell as text."))
    text = _text(value)
    rest = text.removeprefix(prefix)
    if not ORDINAL.match(rest):
        raise BadCell(_("Write the number as “%(example)s”.") % {"example": f"{prefix}12"})
    return int(rest)


# -- Links


class Links:
    """What rows may link to, by every name that a cell may give it. Each kind is read once, when it is needed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, list[list]]] = {}
        self._suggested: dict[tuple[str, str, str], str] = {}

    def find(self, field: models.Field, text: str, within: Any, mine: Iterable[list] = ()) -> list:
        """The natural key of what a text names. Raises BadCell where nothing has the name, or several have it.

        `within` is the cell that says within what it is looked up; of several, one of `mine` is meant.
        """
        model, scope = field.related_model, self._scope(field, within)
        known = self._names(model, scope)
        found = known.get(text.strip()) or known.get(fold(text.strip())) or []
        if not found:
            raise BadCell(_unknown(model, scope) + self._suggestion(model, scope, text, known))
        if len(found) > 1:
            own = [key for key in found if key in list(mine)]
            if len(own) != 1:
                keys = ", ".join(str(key[-1]) for key in found)
                raise BadCell(_("Several have this name: write the short name, one of %(keys)s.") % {"keys": keys})
            return own[0]
        return found[0]

    def _suggestion(self, model: type[models.Model], scope: str, text: str, known: Iterable[str]) -> str:
        """What may be meant. Looking for it takes long where there is much to choose from: only the first are told."""
        place = (model.__name__, scope, text)
        if place not in self._suggested and len(self._suggested) < MOST_SUGGESTED:
            self._suggested[place] = suggestion(text, known)
        return self._suggested.get(place, "")

    def _scope(self, field: models.Field, within: Any) -> str:
        limit = field.remote_field.limit_choices_to
        if isinstance(limit, dict) and "vocabulary__slug" in limit:
            return limit["vocabulary__slug"]
        if field.related_model is SubPoint:
            return "" if within is None else str(_whole(within))
        return shown(within).strip()

    def _names(self, model: type[models.Model], scope: str) -> dict[str, list[list]]:
        if (model.__name__, scope) not in self._known:
            exact: dict[str, list[list]] = {}
            for row in self._rows(model, scope):
                key = list(row.natural_key())
                # Closed lists and terms are found whatever the case and accents; bodies and works by the exact name.
                for name in _names_of(row):
                    # As it is written last: so it is suggested.
                    forms = [str(name)] if model in (Organization, Source) else [fold(str(name)), str(name)]
                    for form in filter(None, forms):
                        if key not in exact.setdefault(form, []):
                            exact[form].append(key)
            self._known[model.__name__, scope] = exact
        return self._known[model.__name__, scope]

    def _rows(self, model: type[models.Model], scope: str) -> Iterable[models.Model]:
        if model is Case:
            return Case.objects.live().select_related("revises")
        rows = model._default_manager.all()
        if model is Term:
            rows = rows.select_related("vocabulary").order_by("vocabulary", "position", "slug")
            return rows.filter(vocabulary__slug=scope) if scope else rows
        if model is SubPoint:
            rows = rows.select_related("recommendation")
            return rows.filter(recommendation__number=scope) if scope else rows
        return rows


def _names_of(row: models.Model) -> tuple[Any, ...]:
    """Every name by which a cell may mean the row; the usual one first."""
    if isinstance(row, Term):
        return row.slug, row.label, row.label.replace(SEPARATOR, "/")
    if isinstance(row, Organization):
        return row.slug, row.name, row.name.replace(SEPARATOR, "/")
    if isinstance(row, Source):
        return row.slug, row.title, str(row)
    if isinstance(row, Country | Currency):
        return row.code, row.name
    if isinstance(row, Collection):
        return row.title, row.slug
    if isinstance(row, Recommendation):
        return (row.number,)
    return (row.letter,) if isinstance(row, SubPoint) else (row.slug,)


def _unknown(model: type[models.Model], scope: str) -> str:
    if model is Term and scope:
        return _("There is no such term in the vocabulary “%(name)s”.") % {"name": scope}
    if model is Organization:
        return _("There is no organization of this short name or exact name.")
    if model is Source:
        return _("There is no work of this short name or exact title.")
    return _("There is no such %(kind)s.") % {"kind": model._meta.verbose_name}


def link_value(links: Links, field: models.Field, value: Any, within: Any, mine: Any) -> Any:
    """The value of a link, or of several, in the form that trees have. Raises BadCell.

    `mine` is the value that the row has now. Rows of the same tree are named by their key alone; whether they are
    there is checked with the tree as a whole.
    """
    text = _text(value)
    if not field.many_to_many:
        if not text:
            return None
        return [text] if is_inside(CASE, field) else links.find(field, text, within, [mine] if mine else [])
    found: list[list] = []
    for part in (each.strip() for each in text.split(SEPARATOR)):
        if part:
            try:
                key = [part] if is_inside(CASE, field) else links.find(field, part, within, mine or [])
            except BadCell as error:
                raise BadCell(f"“{part}”: {error}") from error
            if key not in found:
                found.append(key)
    return sorted(found)


def field_of(table: Table, column: Column) -> models.Field:
    """The field that a column sets."""
    return fields_of(label_of_table(table))[column.field]
