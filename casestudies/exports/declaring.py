"""How a column is declared: once, for every form in which rows leave the portal.

CSV and spreadsheets take its cell, JSON and the API its value, the codebook its description, unit and type.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

SEPARATOR = "|"


class Type(enum.StrEnum):
    """What the values of a column are, by the names of Frictionless Table Schema."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    YEAR = "year"
    DATE = "date"
    LIST = "list"


class Joined(str):
    """Labels in one cell, separated by «|». Other texts may hold that sign and mean nothing by it."""

    def __new__(cls, labels: Iterable[str]) -> Joined:
        self = super().__new__(cls, SEPARATOR.join(labels))
        self.labels = tuple(labels)
        return self

    labels: tuple[str, ...]


def joined(labels: Iterable[str]) -> Joined:
    """Labels once each, in order. A separator inside a label becomes «/», so that splitting stays right."""
    return Joined(tuple(dict.fromkeys(str(label).replace(SEPARATOR, "/") for label in labels)))


def yes_no(value: bool) -> str:
    """A truth value as it stands in downloads, the same in every language."""
    return "yes" if value else "no"


@dataclass(frozen=True)
class Column:
    """One column: what stands at its head, how its cell is made from a row and the site's address, what it means.

    `label` is its head on a screen, `unit` what its numbers count in. A cell that is empty, or None, is not stated.
    Where its values come from a closed list, `choices` is that list, or `vocabulary` the slug of the vocabulary; of a
    list of terms, `terms` gives the terms themselves.

    A spreadsheet that comes back (`casestudies.sheets`) sets `field` of the row by it; `within` names the column that
    says within what its value is looked up. Without a field the cell can only be read: it `follows` another column of
    its table, or another table.
    """

    header: str
    getter: Callable[[Any, str], Any]
    description: str | Promise
    label: str | Promise = ""
    type: Type = Type.STRING
    unit: str | Promise = ""
    choices: Any = None
    vocabulary: str = ""
    terms: Callable[[Any], list[Any]] | None = None
    field: str = ""
    within: str = ""
    follows: str = ""

    def value(self, row: Any, base_url: str) -> Any:
        """The cell as JSON has it: a list, a truth value, a number, a text; None where nothing is stated."""
        cell = self.getter(row, base_url)
        if self.type is Type.LIST:
            return list(cell.labels)
        if cell is None or cell == "":
            return None
        if self.type is Type.BOOLEAN:
            return cell == yes_no(True)
        if isinstance(cell, Decimal):
            return int(cell) if cell == cell.to_integral_value() else float(cell)
        return cell if isinstance(cell, int) else str(cell)
