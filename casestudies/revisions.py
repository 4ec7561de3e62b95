"""Working revisions: a second copy of a published case's tree, to work on while the public sees the first."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .choices import Status
from .collection.trees import CASE, REDIRECT, read_tree, write_tree
from .models import Case


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
    tree = read_tree(case)
    write_tree(revision, {label: rows for label, rows in tree.items() if label not in (CASE, REDIRECT)})
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
