"""The one validator of what comes from outside: fixtures, and later spreadsheets.

It works on plain records, reads the database once through a `State`, writes nothing, and finds every problem at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from .constraints import broken_checks, collisions
from .records import Checked, Problem, Record, name_of
from .rules import broken_rules, is_used_up
from .schema import (
    Fields,
    Key,
    collection_models,
    default_of,
    fields_of,
    is_required,
    key_fields,
    key_of,
    references,
)
from .state import State
from .values import BadValue, check_value

Found = dict[str, dict[Key, Checked]]


def validate(records: list[Record], state: State) -> tuple[Found, list[Problem]]:
    """Checks records against each other and the database.

    Returns the records in normal form by model and natural key, and every problem in the order of the files. Only
    where there is none may the records be written. No problem is a matter of what staff did to the database: what
    they changed or removed is the loader's to keep.
    """
    found: Found = {label: {} for label in collection_models()}
    problems: list[Problem] = []
    sound: list[Checked] = []
    # Whatever names a target counts as there, even where the target has a problem of its own.
    for record in records:
        checked, wrong = check_record(record)
        problems += wrong
        if checked is not None:
            problems += _add(checked, found)
            if not wrong:
                sound.append(checked)
    for checked in sound:
        problems += _check_whole(checked, found, state)
    problems += _check_unique(sound, found)
    return found, sorted(set(problems))


def check_record(record: Record) -> tuple[Checked | None, list[Problem]]:
    """One record alone. Returns it in normal form where at least its natural key is sound, and what is wrong."""
    if record.model not in collection_models():
        return None, [Problem(record.file, record.line, record.model, reason=_("is no model of the collection"))]
    fields, reasons = _check_fields(record)
    key = None
    if not set(key_fields(record.model)) & reasons.keys():
        key = key_of(record.model, fields)
    name = name_of(record.model, key) if key else _rough_name(record)
    problems = [Problem(record.file, record.line, name, field, reason) for field, reason in reasons.items()]
    return Checked(record, key, fields) if key else None, problems


def _check_fields(record: Record) -> tuple[Fields, dict[str, str]]:
    known, fields, reasons = fields_of(record.model), {}, {}
    for name in record.fields:
        if name not in known:
            reasons[str(name)] = _("is no field of this model")
    for name, field in known.items():
        fields[name] = default_of(record.model, name)
        try:
            if name in record.fields:
                fields[name] = check_value(record.model, field, record.fields[name])
            elif is_required(record.model, name):
                raise BadValue(_("is required"))
        except BadValue as bad:
            reasons[name] = str(bad)
    return fields, reasons


def _rough_name(record: Record) -> str:
    """The name of a record whose natural key is broken."""
    values = [record.fields.get(name) for name in key_fields(record.model)]
    return name_of(
        record.model, tuple(part for value in values for part in (value if type(value) is list else [value]))
    )


def _add(checked: Checked, found: Found) -> Iterator[Problem]:
    there = found[checked.record.model].setdefault(checked.key, checked)
    if there is not checked:
        where = {"file": there.record.file, "line": there.record.line}
        yield _problem(checked, "", _("is there already: %(file)s:%(line)s") % where)


def _check_whole(checked: Checked, found: Found, state: State) -> Iterator[Problem]:
    """A record among the others: its references, the database's constraints, the rules of the models."""
    missing = set()
    for field, label, key in references(checked.record.model, checked.fields):
        if key not in found[label] and state.row(label, key) is None and state.last(label, key) is None:
            missing.add(field)
            yield _problem(checked, field, _("there is no %(name)s") % {"name": name_of(label, key)})
        elif is_used_up(checked, field, label, key, found, state):
            yield _problem(checked, field, _("%(name)s is retired") % {"name": name_of(label, key)})
    for constraint in broken_checks(checked.record.model, checked.fields):
        yield _problem(checked, "", str(constraint.get_violation_error_message()))
    for field, reason in broken_rules(checked, found, state):
        if field not in missing:
            yield _problem(checked, field, reason)


def _check_unique(sound: list[Checked], found: Found) -> Iterator[Problem]:
    by_model: dict[str, dict[Key, Fields]] = {}
    for checked in sound:
        by_model.setdefault(checked.record.model, {})[checked.key] = checked.fields
    for label, rows in by_model.items():
        for name, keys in collisions(label, rows):
            for key in keys[1:]:
                names = {"constraint": name, "other": name_of(label, keys[0])}
                yield _problem(found[label][key], "", _("is the same as %(other)s (%(constraint)s)") % names)


def _problem(checked: Checked, field: str, reason: str) -> Problem:
    record = checked.record
    return Problem(record.file, record.line, name_of(record.model, checked.key), field, reason)
