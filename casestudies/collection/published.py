"""The published part of the collection, as records of its files: nothing of what visitors may not see."""

from __future__ import annotations

from collections.abc import Iterator

from ..models import (
    AcceptedFinding,
    Acronym,
    Case,
    CaseLink,
    Country,
    Currency,
    Organization,
    OrganizationName,
    Source,
)
from .dumping import in_order, written
from .schema import Fields, Key, collection_models, in_tree, label_of, references
from .state import CASE, State, read_state

# Shown only as far as something that is shown refers to them.
REFERRED = tuple(label_of(model) for model in (Country, Currency, Source, Organization))
NAMES = label_of(OrganizationName)
# Remarks of the staff to themselves.
LEFT_OUT = (label_of(AcceptedFinding),)


def published_records(using: str = "default") -> Iterator[tuple[str, Fields]]:
    """Every published record, model and fields, in an order in which an empty database can be filled with them."""
    state = read_state(using)
    _keep_published(state, using)
    for label in collection_models():
        if label not in LEFT_OUT:
            for _key, row in sorted(state.rows[label].items(), key=in_order):
                yield label, written(label, row.fields)


def _keep_published(state: State, using: str) -> None:
    """Takes out of the rows what visitors do not see, and what only that refers to."""
    cases = {(slug,) for slug in Case.objects.using(using).published().values_list("slug", flat=True)}
    rows = state.rows
    rows[CASE] = {key: row for key, row in rows[CASE].items() if key in cases}
    for label in collection_models():
        if in_tree(label):
            rows[label] = {key: row for key, row in rows[label].items() if tuple(row.fields["case"]) in cases}
    links = rows[label_of(CaseLink)]
    rows[label_of(CaseLink)] = {key: row for key, row in links.items() if tuple(row.fields["other"]) in cases}
    _keep_acronyms(state, cases, using)
    _keep_referred(state, using)


def _keep_acronyms(state: State, cases: set[Key], using: str) -> None:
    label = label_of(Acronym)
    public = set(Acronym.objects.using(using).published().values_list("slug", flat=True))
    state.rows[label] = {key: row for key, row in state.rows[label].items() if key[0] in public}
    for row in state.rows[label].values():
        row.fields["cases"] = [case for case in row.fields["cases"] if tuple(case) in cases]


def _keep_referred(state: State, using: str) -> None:
    """Countries, currencies, works and bodies: those that something kept refers to, and what they refer to in turn."""
    wanted: dict[str, set[Key]] = {label: set() for label in REFERRED}
    public = Source.objects.using(using).published().values_list("slug", flat=True)
    wanted[label_of(Source)] = {(slug,) for slug in public}
    waiting = [
        (label, row.fields)
        for label, found in state.rows.items()
        if label not in (*REFERRED, NAMES, *LEFT_OUT)
        for row in found.values()
    ]
    while waiting:
        label, fields = waiting.pop()
        for _name, target, key in references(label, fields):
            if target in wanted and key not in wanted[target]:
                wanted[target].add(key)
                waiting.append((target, state.rows[target][key].fields))
    for label, keys in wanted.items():
        state.rows[label] = {key: row for key, row in state.rows[label].items() if key in keys}
    bodies = wanted[label_of(Organization)]
    state.rows[NAMES] = {
        key: row for key, row in state.rows[NAMES].items() if tuple(row.fields["organization"]) in bodies
    }
