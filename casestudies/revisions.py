"""Working revisions: a second copy of a published case's tree, to work on while the public sees the first."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .choices import Status
from .models import Budget, Case, child_models

# Old primary keys of copied rows -> the copies, by model: inner references are turned to the copies.
Copies = dict[type[models.Model], dict[int, models.Model]]


class RevisionExists(Exception):
    """The case has a working revision already."""


@transaction.atomic
def start_revision(case: Case) -> Case:
    """Copies a live case's whole tree into a working revision with the same keys, and returns it as a draft.

    Every child model is covered without being named here. Former addresses stay with the live case. Raises
    RevisionExists where there is a working revision, ValueError where `case` is one itself.
    """
    if case.revises_id is not None:
        raise ValueError("A working revision cannot be revised itself.")
    Case.objects.select_for_update().get(pk=case.pk)
    if Case.objects.filter(revises=case).exists():
        raise RevisionExists(_("“%(case)s” has a working revision already.") % {"case": case})
    revision = _copy_case(case)
    copies: Copies = {Case: {}}
    for model in (Budget, *child_models()):
        copies[model] = {row.pk: _copy_row(row, revision) for row in model.objects.filter(case=case)}
    for model in child_models():
        _turn_references(model, copies)
        _copy_many(model, copies)
    return revision


def _copy_case(case: Case) -> Case:
    """The case's own row. Its slug and number may stand twice, as one of the two revises the other."""
    revision = Case.objects.get(pk=case.pk)
    now = timezone.now()
    revision.pk, revision._state.adding = None, True
    revision.revises_id, revision.status = case.pk, Status.DRAFT
    revision.version, revision.created_at, revision.updated_at = 1, now, now
    revision.save()
    return revision


def _copy_row(row: models.Model, revision: Case) -> models.Model:
    copy = type(row).objects.get(pk=row.pk)
    copy.pk, copy._state.adding, copy.case = None, True, revision
    copy.save()
    return copy


def _turn_references(model: type[models.Model], copies: Copies) -> None:
    """Foreign keys inside the tree, such as a component's parent, lead to the copy of their target."""
    inner = [f for f in model._meta.fields if f.is_relation and f.name != "case" and f.related_model in copies]
    for copy in copies[model].values():
        turned = []
        for field in inner:
            target = copies[field.related_model].get(getattr(copy, field.attname))
            if target is not None:
                setattr(copy, field.attname, target.pk)
                turned.append(field.name)
        if turned:
            copy.save(update_fields=turned)


def _copy_many(model: type[models.Model], copies: Copies) -> None:
    """Many-to-many values; those inside the tree, such as a mechanism's members, lead to the copies."""
    for field in model._meta.many_to_many:
        source, target = field.m2m_field_name() + "_id", field.m2m_reverse_field_name() + "_id"
        through = field.remote_field.through
        inside = copies.get(field.related_model, {})
        rows = through.objects.filter(**{f"{source}__in": copies[model]}).values_list(source, target)
        through.objects.bulk_create(
            through(**{source: copies[model][pk].pk, target: inside[other].pk if other in inside else other})
            for pk, other in rows
        )
