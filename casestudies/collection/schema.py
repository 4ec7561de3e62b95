"""Which models and fields are part of the collection in files, and how a value is written there.

The *normal form* of a row is a dict of every field: text, whole numbers and booleans as they are; decimals as plain
strings; dates in ISO 8601; a foreign key as the list of its natural key; a many-to-many field as a sorted list of
those. It is the same on every database and can be kept as JSON, so that rows, records and what was loaded compare.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cache

from django.apps import apps
from django.db import models

from recommendations.models import Group, Recommendation, SubPoint

from ..models import (
    AcceptedFinding,
    Acronym,
    Budget,
    Case,
    CaseChild,
    CaseLink,
    CaseRedirect,
    CaseSource,
    Cited,
    Collection,
    Country,
    Currency,
    EditorialNote,
    Illustration,
    Organization,
    OrganizationName,
    Source,
    Term,
    Vocabulary,
    child_models,
)

Key = tuple[str | int, ...]
Fields = dict[str, object]

BEFORE_CASES = (
    Vocabulary, Term, Country, Currency, Source, Organization, OrganizationName, Group, Recommendation, SubPoint,
    Collection,
)  # fmt: skip
# In a case's file these come after the values of its grid.
LAST = (Illustration, EditorialNote, CaseSource, CaseLink)

# What names cases without belonging to one.
AFTER_CASES = (Acronym, AcceptedFinding)

# The fields that make up a natural key, where it is not the slug. A foreign key stands for the target's natural key.
KEY_FIELDS: dict[type[models.Model], tuple[str, ...]] = {
    Term: ("vocabulary", "slug"),
    Country: ("code",),
    Currency: ("code",),
    OrganizationName: ("organization", "key"),
    Recommendation: ("number",),
    SubPoint: ("recommendation", "letter"),
    CaseRedirect: ("old_slug",),
    Budget: ("case",),
    AcceptedFinding: ("rule", "subject"),
}


@cache
def collection_models() -> dict[str, type[models.Model]]:
    """Every model of the collection by its label, in the order in which rows can be written."""
    children = sorted(child_models(), key=lambda model: LAST.index(model) if model in LAST else -1)
    ordered = (*BEFORE_CASES, Case, CaseRedirect, Budget, *children, *AFTER_CASES)
    known = {model for app in ("recommendations", "casestudies") for model in apps.get_app_config(app).get_models()}
    forgotten = {model for model in known if callable(getattr(model, "natural_key", None))} - set(ordered)
    if forgotten:
        raise LookupError(f"No place in the order of the collection for {forgotten}.")
    return {model._meta.label_lower: model for model in ordered}


def label_of(model: type[models.Model]) -> str:
    """The name of a model in fixtures: «casestudies.figure»."""
    return model._meta.label_lower


@cache
def in_tree(label: str) -> bool:
    """Whether rows of the model belong to a case."""
    return "case" in fields_of(label)


@cache
def key_fields(label: str) -> tuple[str, ...]:
    """The names of the fields that identify a record."""
    model = collection_models()[label]
    return KEY_FIELDS.get(model, ("case", "key") if issubclass(model, CaseChild) else ("slug",))


@cache
def key_types(label: str) -> tuple[type, ...]:
    """What the parts of a natural key are: text or a whole number."""
    types: list[type] = []
    for name in key_fields(label):
        field = fields_of(label)[name]
        if field.is_relation:
            types += key_types(label_of(field.related_model))
        else:
            types.append(int if isinstance(field, models.IntegerField) else str)
    return tuple(types)


def key_of(label: str, fields: Fields) -> Key:
    """The natural key of a record in normal form, as the model's own `natural_key()` has it."""
    parts: list[str | int] = []
    for name in key_fields(label):
        value = fields[name]
        parts += value if isinstance(value, list) else [value]
    return tuple(parts)


def _rank(field: models.Field) -> tuple[int, int]:
    """A row's identity first, what is its own next, the citation last."""
    names = {CaseChild: 0, Cited: 2}
    for base, rank in names.items():
        if issubclass(field.model, base) and field.name in {each.name for each in base._meta.local_fields}:
            return rank, field.creation_counter
    return 1, field.creation_counter


@cache
def fields_of(label: str) -> dict[str, models.Field]:
    """The fields that stand in files, in order: all but the primary key, bookkeeping and what a case revises."""
    model = collection_models()[label]
    left_out = {*getattr(model, "BOOKKEEPING", ()), "revises"}
    fields = [f for f in (*model._meta.fields, *model._meta.many_to_many) if not f.primary_key]
    return {field.name: field for field in sorted(fields, key=_rank) if field.name not in left_out}


@cache
def relations(label: str) -> dict[str, models.Field]:
    """The foreign keys and many-to-many fields of a model."""
    return {name: field for name, field in fields_of(label).items() if field.is_relation}


def is_required(label: str, name: str) -> bool:
    """Whether a record must give the field."""
    field = fields_of(label)[name]
    return name in key_fields(label) or not (field.blank or field.has_default())


def normal(value: object) -> object:
    """The normal form of a plain value. Browsers send line ends as CR LF: they count as LF."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value).replace("\r\n", "\n")
    return value


def default_of(label: str, name: str) -> object:
    """What a field is where a record leaves it out, in normal form."""
    field = fields_of(label)[name]
    if field.many_to_many:
        return []
    return None if field.is_relation else normal(field.get_default())


def with_defaults(label: str, fields: Fields) -> Fields:
    """The fields given, and the default of every other one. Names that the model does not know are dropped."""
    return {n: fields[n] if n in fields else default_of(label, n) for n in fields_of(label)}


def references(label: str, fields: Fields) -> list[tuple[str, str, Key]]:
    """What a record in normal form points at: the field, the target's model and natural key."""
    found = []
    for name, field in relations(label).items():
        value = fields[name]
        keys = value if field.many_to_many else [value] if value is not None else []
        found += [(name, label_of(field.related_model), tuple(key)) for key in keys]
    return [*found, *_about(label, fields)]


def _about(label: str, fields: Fields) -> list[tuple[str, str, Key]]:
    """The row that an editorial note stands beside, where it names one that a case can have."""
    from ..models import child_accessors

    if label != label_of(EditorialNote) or "/" not in str(fields["about"]):
        return []
    accessor, _slash, key = fields["about"].partition("/")
    target = child_accessors().get(accessor)
    return [("about", label_of(target), (*fields["case"], key))] if target else []
