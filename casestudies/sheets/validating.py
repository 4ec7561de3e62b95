"""Holds the trees that an import would write to the rules of the collection, by the loader's own validator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS

from ..collection.records import Record
from ..collection.schema import Fields, in_tree, key_of, label_of
from ..collection.state import Row, State, read_state
from ..collection.trees import CASE, REDIRECT, Tree, is_inside, own_fields
from ..collection.validation import validate
from ..models import Budget
from .faults import Fault, brief
from .lines import Line
from .mapping import table_of

if TYPE_CHECKING:
    from .planning import CasePlan

Places = dict[tuple[str, str, str], Line]


def check_plans(plans: list[CasePlan], places: Places) -> list[Fault]:
    """Everything that the validator finds, each where it stands in the file as far as it stands there."""
    if not plans:
        return []
    state = read_state(DEFAULT_DB_ALIAS)
    _put(state, plans)
    records, rows = [], {}
    for plan in plans:
        for label, key, fields in _records(plan.slug, plan.after):
            # Counted, so that what is found leads back to the row.
            rows[len(records) + 1] = (plan.slug, label, key)
            records.append(Record("", len(records) + 1, label, fields))
    _found, problems = validate(records, state)
    return [_fault(rows[problem.line], problem.field, problem.reason, places) for problem in problems]


def _records(slug: str, tree: Tree) -> Iterator[tuple[str, str, Fields]]:
    """The rows of a tree as the files have them: with their case, and inner links with it too."""
    for label, rows in tree.items():
        if label == REDIRECT:
            continue
        for key, fields in rows.items():
            whole = {name: _link(slug, label, name, value) for name, value in fields.items()}
            yield label, key, whole if label == CASE else {"case": [slug], **whole}


def _link(slug: str, label: str, name: str, value: object) -> object:
    field = own_fields(CASE, label).get(name)
    if field is None or not is_inside(CASE, field) or value is None:
        return value
    return [[slug, *each] for each in value] if field.many_to_many else [slug, *value]


def _put(state: State, plans: list[CasePlan]) -> None:
    """Makes the state what it is without the rows that the plans take away, and with the editions that they change."""
    slugs = {plan.slug for plan in plans}
    for label in [label for label in state.rows if in_tree(label) and label != REDIRECT]:
        for rows in (state.rows[label], state.loaded.get(label, {})):
            for key in [key for key in rows if key[0] in slugs]:
                del rows[key]
    for plan in plans:
        for label, key, fields in _records(plan.slug, plan.before or {}):
            if key in plan.after.get(label, {}):
                state.rows[label][key_of(label, fields)] = Row(0, fields)


def _fault(place: tuple[str, str, str], field: str, reason: str, places: Places) -> Fault:
    slug, label, key = place
    table = table_of(label)
    header = next((c.header for c in table.columns if field and c.field == field), "")
    line = places.get(place)
    if line is not None:
        return line.fault(header, reason)
    own = "" if label == CASE or label == label_of(Budget) else f"/{key}"
    return Fault(table.name, header=header, value=brief(f"{slug}{own}"), reason=reason)
