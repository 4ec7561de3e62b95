"""What cases share: where a row is used, and whether visitors see it, so that changing it changes what is public."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models.signals import pre_delete

from ..models import Acronym, Case
from ..querysets import published_condition
from .merging import relations_to

#: Whoever may change what published cases show, without a review.
EDIT_SHARED = "casestudies.edit_shared"
#: How many cases a place of use names.
NAMED = 5


@dataclass(frozen=True)
class Use:
    """Rows of one kind that link to a row: how many, and the first cases that they stand in."""

    label: str
    count: int
    cases: tuple[Case, ...]


def is_shown(row: models.Model) -> bool:
    """Whether a visitor sees something of a row that cases share."""
    rows = type(row).objects
    if hasattr(rows, "published"):
        return rows.published().filter(pk=row.pk).exists()
    return _is_in_public_cases([row.pk], type(row)) or _is_beside_one_that_is(row)


def _is_in_public_cases(pks: list[int], model: type[models.Model]) -> bool:
    for relation in relations_to(model):
        if relation.of_cases:
            rows = relation.model._base_manager.filter(published_condition("case__"))
            if rows.filter(**{f"{relation.field.name}__in": pks}).exists():
                return True
    return False


def _is_beside_one_that_is(row: models.Model) -> bool:
    """A case names what its actors are part of, and what succeeded them."""
    pks: set[int] = set()
    for relation in relations_to(type(row)):
        if relation.model is type(row):
            pks |= set(relation.rows(row).values_list("pk", flat=True))
    return bool(pks) and _is_in_public_cases(sorted(pks), type(row))


def uses_of(row: models.Model) -> list[Use]:
    """Where a row is used, kind by kind; two queries for each kind that uses it."""
    found = []
    for relation in relations_to(type(row)):
        count = relation.model._base_manager.filter(**{relation.field.name: row.pk}).count()
        if count:
            found.append(Use(relation.label, count, _cases(relation.rows(row)) if relation.of_cases else ()))
    return found


def _cases(rows: models.QuerySet) -> tuple[Case, ...]:
    cases = Case.objects.filter(pk__in=rows.order_by().values("case")).select_related("collection", "revises")
    return tuple(cases.order_by("ordinal", "pk")[:NAMED])


def on_case_deleting(sender: type[models.Model], instance: Case, **kwargs: object) -> None:
    """A case is about to go: acronyms let it go first, one that only the case used goes with it.

    Without a case an acronym means the same everywhere, in public: the end of a draft must not bring that about.
    """
    for acronym in Acronym.objects.filter(cases=instance).order_by("pk"):
        if acronym.cases.exclude(pk=instance.pk).exists():
            acronym.cases.remove(instance)
        else:
            acronym.delete()


def connect() -> None:
    """Called once, when the apps are ready."""
    pre_delete.connect(on_case_deleting, sender=Case, dispatch_uid="casestudies.sharing")
