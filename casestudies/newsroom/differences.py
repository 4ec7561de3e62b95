"""What differs between two states of a row, in words that staff use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from ..collection.schema import collection_models, label_of
from ..collection.trees import ROOT, Targets, is_inside, key_text, own_fields, parts_of
from .history import State

# What names a row to people, the first that it has.
NAMES = (
    "title", "name", "label", "organization", "term", "recommendation", "holder", "payer_stated", "date_stated",
    "other", "source", "section", "text", "old_slug", "letter",
)  # fmt: skip
#: Texts of more words than this are compared by paragraphs: comparing words takes the square of their number.
MANY_WORDS = 3000
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is in both states (`same`), in the first only (`gone`) or in the second only (`new`)."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One field: its label, how it read, how it reads, and for texts both in one."""

    name: str
    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class RowChange:
    """One row: what kind it is of, what names it, and whether it is new, gone or changed in which fields."""

    model: str
    kind: str
    key: str
    name: str
    change: str
    fields: tuple[FieldChange, ...]


ADDED, REMOVED, CHANGED = "added", "removed", "changed"
#: What is numbered by the site, not written by staff.
ORDER_ONLY = "position"


def differences(root: str, old: State, new: State, without: frozenset[str] = frozenset()) -> list[RowChange]:
    """The rows that differ between two states of a row of the model `root`: its own first, then part by part.

    `without` names fields of the root that do not count.
    """
    found: list[RowChange] = []
    for label in (root, *parts_of(root)):
        one, two = old.tree.get(label, {}), new.tree.get(label, {})
        for key in sorted(one.keys() | two.keys(), key=lambda key: _place(one, two, key)):
            change = _row(root, label, key, old, new)
            if change is not None and label == root:
                change = replace(change, fields=tuple(field for field in change.fields if field.name not in without))
            if change is not None and (change.fields or change.change != CHANGED):
                found.append(change)
    return found


def _place(one: dict, two: dict, key: str) -> tuple[int, str]:
    return (two.get(key) or one[key]).get("position") or 0, key


def _row(root: str, label: str, key: str, old: State, new: State) -> RowChange | None:
    one, two = old.tree.get(label, {}).get(key), new.tree.get(label, {}).get(key)
    if one == two:
        return None
    state = new if two is not None else old
    change = CHANGED if one is not None and two is not None else REMOVED if two is None else ADDED
    fields = tuple(_fields(root, label, one, two, old, new))
    meta = collection_models()[label]._meta
    return RowChange(label, capfirst(meta.verbose_name), key, row_name(root, label, key, state), change, fields)


def _fields(root: str, label: str, one: dict | None, two: dict | None, old: State, new: State) -> Iterator[FieldChange]:
    for name, field in own_fields(root, label).items():
        if name == "key":
            continue
        before = "" if one is None else shown(root, field, one.get(name), old)
        after = "" if two is None else shown(root, field, two.get(name), new)
        is_same = one is not None and two is not None and one.get(name) == two.get(name)
        if is_same or before == after == "" or (name == ORDER_ONLY and (one is None or two is None)):
            continue
        is_text = one is not None and two is not None and isinstance(field, models.TextField | models.CharField)
        pieces = compared(before, after) if is_text and not field.choices else ()
        if not any(piece.kind == SAME and piece.text.strip() for piece in pieces):
            pieces = ()
        yield FieldChange(name, capfirst(field.verbose_name), before, after, pieces)


def row_name(root: str, label: str, key: str, state: State) -> str:
    """What a row is called: by its title, the body, the term …, shortened."""
    fields = state.tree[label][key]
    known = own_fields(root, label)
    for name in NAMES:
        if fields.get(name) not in (None, "", []) and name in known:
            return Truncator(" ".join(shown(root, known[name], fields[name], state).split())).chars(80)
    return key


def shown(root: str, field: models.Field, value: Any, state: State) -> str:
    """A value in normal form as people read it; empty where nothing is stated."""
    if value is None or value == "" or value == []:
        return ""
    if field.many_to_many:
        return "; ".join(sorted(_linked(root, field, key, state) for key in value))
    if field.is_relation:
        return _linked(root, field, value, state)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, models.DateField) and (day := parse_date(str(value))):
        return date_format(day)
    return str(value)


def _linked(root: str, field: models.Field, key: list, state: State) -> str:
    label = label_of(field.related_model)
    if is_inside(root, field):
        return row_name(root, label, key[0], state) if key[0] in state.tree.get(label, {}) else str(key[0])
    return target_name(label, key, state.targets)


def target_name(label: str, key: list, targets: Targets) -> str:
    """How a linked row read when the state was kept."""
    target = targets.get(label, {}).get(key_text(key))
    return target.name if target else " / ".join(str(part) for part in key)


def compared(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts in one, word by word; long ones paragraph by paragraph."""
    one, two = re.findall(r"\s+|[^\s]+", before), re.findall(r"\s+|[^\s]+", after)
    if len(one) + len(two) > MANY_WORDS:
        one, two = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(SAME, "".join(one[a:b])))
            continue
        if a < b:
            pieces.append(Piece(GONE, "".join(one[a:b])))
        if c < d:
            pieces.append(Piece(NEW, "".join(two[c:d])))
    return tuple(pieces)


EMPTY = State({}, {})
__all__ = ["EMPTY", "ROOT", "FieldChange", "Piece", "RowChange", "compared", "differences", "row_name", "shown"]
