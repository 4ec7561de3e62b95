"""Notes every change of the collection where it is made: the version of the data moves, words to search by are marked.

Signals, because editors, loader, restores and tests all save rows one by one. What changes many rows past the signals
(`QuerySet.update`, `bulk_create`) says so itself with `note_changes`. What is noted is part of the transaction that
makes the change: whoever sees the one sees the other.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterable, Iterator

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import F
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from recommendations.models import SubPoint

from .models import (
    Budget,
    Case,
    CaseChild,
    CaseRedirect,
    Country,
    DataVersion,
    LoadedRecord,
    Organization,
    OrganizationName,
    SearchText,
    Source,
    Term,
)

KINDS: dict[type[models.Model], str] = {
    Case: SearchText.Kind.CASE,
    Term: SearchText.Kind.TERM,
    Organization: SearchText.Kind.ORGANIZATION,
    Source: SearchText.Kind.SOURCE,
    Country: SearchText.Kind.COUNTRY,
    SubPoint._meta.get_field("recommendation").related_model: SearchText.Kind.RECOMMENDATION,
}
# What is bookkeeping, and changes nothing that a visitor sees.
SILENT = (DataVersion, SearchText, LoadedRecord)

Change = tuple[str, int]
_held = threading.local()


def target_of(instance: models.Model) -> Change | None:
    """What a changed row changes the words of: its case, itself, or what it belongs to; None: of nothing."""
    if isinstance(instance, CaseChild | Budget | CaseRedirect):
        return SearchText.Kind.CASE, instance.case_id
    if isinstance(instance, OrganizationName):
        return SearchText.Kind.ORGANIZATION, instance.organization_id
    kind = KINDS.get(type(instance))
    return (kind, instance.pk) if kind else None


@contextlib.contextmanager
def held_back(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Collects the changes of a block that saves many rows, and notes them once at its end, in its transaction."""
    if getattr(_held, "changes", None) is not None:
        yield
        return
    _held.changes = set()
    try:
        yield
        changes = _held.changes
    finally:
        _held.changes = None
    if changes:
        note_changes(changes, using)


def note_changes(changes: Iterable[Change | None], using: str = DEFAULT_DB_ALIAS) -> None:
    """Moves the version and marks the words of what changed, where a visitor can see it. None: no words."""
    by_kind: dict[str, set[int]] = {}
    is_seen = False
    for change in changes:
        if change is None:
            is_seen = True
        else:
            by_kind.setdefault(change[0], set()).add(change[1])
    cases = by_kind.pop(SearchText.Kind.CASE, set())
    if cases:
        is_seen |= _mark_cases(cases, using)
    for kind, pks in by_kind.items():
        is_seen = True
        _mark(kind, pks, using)
    if is_seen:
        _move(using)


def _mark_cases(pks: set[int], using: str) -> bool:
    """Marks the cases that are public, or were when their words were made. Returns whether there are such."""
    public = set(Case.objects.using(using).published().filter(pk__in=pks).values_list("pk", flat=True))
    rows = SearchText.objects.using(using).filter(kind=SearchText.Kind.CASE, object_id__in=pks)
    was_public = rows.exclude(object_id__in=public).update(changes=F("changes") + 1)
    _mark(SearchText.Kind.CASE, public, using)
    return bool(public or was_public)


def _mark(kind: str, pks: set[int], using: str) -> None:
    """Counts a change of each, and makes a row for what has none."""
    rows = SearchText.objects.using(using)
    there = rows.filter(kind=kind, object_id__in=pks).update(changes=F("changes") + 1) if pks else 0
    if there < len(pks):
        new = [SearchText(kind=kind, object_id=pk) for pk in sorted(pks)]
        rows.bulk_create(new, ignore_conflicts=True, batch_size=500)


def _move(using: str) -> None:
    row = DataVersion.objects.using(using).filter(pk=DataVersion.ROW)
    move = {"number": F("number") + 1, "token": secrets.token_hex(8), "changed_at": timezone.now()}
    if not row.update(**move):
        DataVersion.objects.using(using).bulk_create([DataVersion(pk=DataVersion.ROW)], ignore_conflicts=True)
        row.update(**move)


def _changed(instance: models.Model, using: str) -> None:
    change = target_of(instance)
    held = getattr(_held, "changes", None)
    if held is not None:
        held.add(change)
        return
    # A case and its mark are one: without a transaction of the caller's, this is one.
    with transaction.atomic(using, savepoint=False):
        note_changes([change], using)


def _is_ours(sender: type[models.Model]) -> bool:
    return sender._meta.app_label in ("casestudies", "recommendations") and not issubclass(sender, SILENT)


def on_save(sender: type[models.Model], instance: models.Model, using: str, **kwargs: object) -> None:
    """A row was written."""
    if _is_ours(sender):
        _changed(instance, using)


def on_delete(sender: type[models.Model], instance: models.Model, using: str, **kwargs: object) -> None:
    """A row is gone."""
    if _is_ours(sender):
        _changed(instance, using)


def on_many(
    sender: type[models.Model], instance: models.Model, action: str, using: str, reverse: bool,
    model: type[models.Model], pk_set: set[int] | None, **kwargs: object,
) -> None:  # fmt: skip
    """Many-to-many values changed; from the far side (`term.objectives.add`), each row that gained or lost one."""
    if not action.startswith("post_") or instance._meta.app_label not in ("casestudies", "recommendations"):
        return
    _changed(instance, using)
    if reverse and pk_set:
        for row in model._base_manager.using(using).filter(pk__in=pk_set):
            _changed(row, using)


def connect() -> None:
    """Called once, when the apps are ready."""
    post_save.connect(on_save, dispatch_uid="casestudies.changes")
    post_delete.connect(on_delete, dispatch_uid="casestudies.changes")
    m2m_changed.connect(on_many, dispatch_uid="casestudies.changes")


def version(using: str = DEFAULT_DB_ALIAS) -> str:
    """What tells the data as this transaction sees them from those before and after. One query."""
    row = DataVersion.objects.using(using).filter(pk=DataVersion.ROW)
    return next(iter(row.values_list("token", flat=True)), "")
