"""The rules that join several records: what the models' `clean()` asks of rows, asked of plain records."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models
from django.utils.translation import gettext as _

from ..models import ABOUT_FIELDS, CaseTerm, Component, Country, EditorialNote, Illustration, Term
from .records import Checked
from .schema import Fields, Key, in_tree, label_of, references, relations
from .state import State

Found = dict[str, dict[Key, Checked]]
TERM = label_of(Term)


def broken_rules(checked: Checked, found: Found, state: State) -> Iterator[tuple[str, str]]:
    """The field and the reason of each rule that a record breaks."""
    label, fields = checked.record.model, checked.fields
    yield from _vocabularies(label, fields)
    yield from _same_case(label, fields)
    for name, field in relations(label).items():
        to_itself = field.related_model is field.model and not field.many_to_many
        if to_itself and _leads_back(label, name, checked.key, found, state):
            yield name, _("leads back to the record itself")
    rule = RULES.get(label)
    if rule is not None:
        yield from rule(checked, found, state)


def is_used_up(checked: Checked, field: str, label: str, key: Key, found: Found, state: State) -> bool:
    """Whether a new link goes to something that is retired in the database. Links that were there before may stay."""
    target = state.row(label, key)
    if target is None or not target.fields.get("is_retired"):
        return False
    revived = found[label].get(key)
    if revived and not revived.fields["is_retired"] and not state.changed_by_staff(label, key):
        return False
    row = state.row(checked.record.model, checked.key)
    before = (row and row.fields, state.last(checked.record.model, checked.key))
    return not any(each and (field, label, key) in references(checked.record.model, each) for each in before)


def _vocabularies(label: str, fields: Fields) -> Iterator[tuple[str, str]]:
    """Terms come from the vocabulary that the field is limited to."""
    for name, field in relations(label).items():
        wanted = _vocabulary(field)
        if wanted is None or fields[name] is None:
            continue
        for key in fields[name] if field.many_to_many else [fields[name]]:
            if key[0] != wanted:
                yield name, _("%(term)s is not of the vocabulary “%(wanted)s”") % {"term": key, "wanted": wanted}


def _vocabulary(field: models.Field) -> str | None:
    if field.model is Country and field.name == "region":
        return "region"
    limit = field.remote_field.limit_choices_to
    return limit.get("vocabulary__slug") if isinstance(limit, dict) else None


def _same_case(label: str, fields: Fields) -> Iterator[tuple[str, str]]:
    """A row of a case's tree points at rows of its own tree only."""
    for name, target, key in references(label, fields):
        if in_tree(label) and in_tree(target) and name != "about" and key[: len(fields["case"])] != (*fields["case"],):
            yield name, _("%(key)s belongs to another case") % {"key": list(key)}


def _fields(label: str, key: Key, found: Found, state: State) -> Fields | None:
    """A record of the files, or else of the database."""
    checked = found[label].get(key)
    row = state.row(label, key)
    return checked.fields if checked else row.fields if row else None


def is_single(vocabulary: str, found: Found, state: State) -> bool:
    """Whether a case has one term of the vocabulary at most."""
    fields = _fields("casestudies.vocabulary", (vocabulary,), found, state)
    return fields is not None and bool(fields["is_single"])


def _leads_back(label: str, name: str, key: Key, found: Found, state: State) -> bool:
    seen, fields = {key}, _fields(label, key, found, state)
    while fields is not None and fields[name] is not None:
        other = tuple(fields[name])
        if other in seen:
            return other == key
        seen.add(other)
        fields = _fields(label, other, found, state)
    return False


def _term(checked: Checked, found: Found, state: State) -> Iterator[tuple[str, str]]:
    if checked.fields["parent"] is None:
        return
    parent = tuple(checked.fields["parent"])
    if parent[0] != checked.key[0]:
        yield "parent", _("is a term of another vocabulary")
    above = _fields(TERM, parent, found, state)
    if above is not None and above["parent"] is not None:
        yield "parent", _("has a parent itself: vocabularies have two levels")


def _component(checked: Checked, found: Found, state: State) -> Iterator[tuple[str, str]]:
    if checked.fields["parent"] is None:
        return
    parent = _fields(checked.record.model, tuple(checked.fields["parent"]), found, state)
    if parent is not None and parent["section"] != checked.fields["section"]:
        yield "parent", _("stands in another section: “%(section)s”") % {"section": parent["section"]}


def _case_term(checked: Checked, found: Found, state: State) -> Iterator[tuple[str, str]]:
    """A vocabulary of one term a case is used once."""
    vocabulary = checked.fields["term"][0]
    if not is_single(vocabulary, found, state):
        return
    for key, other in found[checked.record.model].items():
        if key == checked.key:
            return
        if other.fields["term"] and other.key[0] == checked.key[0] and other.fields["term"][0] == vocabulary:
            names = {"name": vocabulary, "key": key[-1]}
            yield "term", _("is the case's second of “%(name)s”, after “%(key)s”") % names


def _illustration(checked: Checked, found: Found, state: State) -> Iterator[tuple[str, str]]:
    subpoint = checked.fields["subpoint"]
    if subpoint is not None and subpoint[:1] != checked.fields["recommendation"]:
        yield (
            "subpoint",
            _("is no sub-point of recommendation %(number)s") % {"number": checked.fields["recommendation"][0]},
        )


def _note(checked: Checked, found: Found, state: State) -> Iterator[tuple[str, str]]:
    about = checked.fields["about"]
    names_a_row = any(name == "about" for name, _label, _key in references(checked.record.model, checked.fields))
    if about and about not in ABOUT_FIELDS and not names_a_row:
        yield "about", _("“%(about)s” is nothing that a case has") % {"about": about}


RULES = {
    TERM: _term,
    label_of(Component): _component,
    label_of(CaseTerm): _case_term,
    label_of(Illustration): _illustration,
    label_of(EditorialNote): _note,
}
