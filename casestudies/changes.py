"""Notes every change of the collection where it is made: the version of the data moves, words to search by are marked.

Signals, because editors, loader, restores and tests all save rows one by one. What changes many rows past the signals
(`QuerySet.update`, `bulk_create`) says so itself with `note_changes`. What is noted is part of the transaction that
makes the change, where there is one: whoever sees the one sees the other. Migrations know no signals: one that changes
texts moves `search.words.RULES`.
"""

from __future__ import annotations

import contextlib
import datetime
import secrets
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import F
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils import timezone

from recommendations.models import Recommendation, SubPoint

from .models import (
    AcceptedFinding,
    Budget,
    Case,
    CaseChild,
    CaseLink,
    CaseRedirect,
    Country,
    DataVersion,
    HistoryEntry,
    LoadedRecord,
    Message,
    Organization,
    OrganizationName,
    PreviewLink,
    Release,
    ReleaseFile,
    ReleasePiece,
    SearchText,
    SheetImport,
    Source,
    Term,
)

KINDS: dict[type[models.Model], str] = {
    Case: SearchText.Kind.CASE,
    Term: SearchText.Kind.TERM,
    Organization: SearchText.Kind.ORGANIZATION,
    Source: SearchText.Kind.SOURCE,
    Country: SearchText.Kind.COUNTRY,
    Recommendation: SearchText.Kind.RECOMMENDATION,
}
# What is bookkeeping, written by visitors, or a copy of the data of a day, and changes nothing of the collection.
SILENT = (
    DataVersion, SearchText, LoadedRecord, AcceptedFinding, Message, HistoryEntry, PreviewLink, Release, ReleaseFile,
    ReleasePiece, SheetImport,
)  # fmt: skip

Change = tuple[str, int]
_held = threading.local()


def target_of(instance: models.Model) -> Change | None:
    """What a changed row changes the words of: its case, itself, or what it belongs to; None: of nothing."""
    if isinstance(instance, CaseChild | Budget | CaseRedirect):
        return SearchText.Kind.CASE, instance.case_id
    if isinstance(instance, OrganizationName):
        return SearchText.Kind.ORGANIZATION, instance.organization_id
    if isinstance(instance, SubPoint):
        return SearchText.Kind.RECOMMENDATION, instance.recommendation_id
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
    # Without a transaction of the caller's, the version and the marks are one at least.
    with transaction.atomic(using, savepoint=False):
        were_made = bool(wait_for_turn(using))
        _note(changes, were_made, using)


def wait_for_turn(using: str = DEFAULT_DB_ALIAS) -> int:
    """Waits until nobody else notes changes, until the transaction ends. Returns by which rules words were made.

    One after the other: who publishes a case and who edits it at the same time would each see the other's half only,
    and two who mark the same rows in another order would wait for each other for ever.
    """
    row = DataVersion.objects.using(using).filter(pk=DataVersion.ROW)
    for _attempt in range(2):
        for rules in row.select_for_update().values_list("search_rules", flat=True):
            return rules
        DataVersion.objects.using(using).bulk_create([DataVersion(pk=DataVersion.ROW)], ignore_conflicts=True)
    return 0


def _note(changes: Iterable[Change | None], were_made: bool, using: str) -> None:
    by_kind: dict[str, set[int]] = {}
    is_seen = False
    for change in changes:
        if change is None:
            is_seen = True
        else:
            by_kind.setdefault(change[0], set()).add(change[1])
    cases = by_kind.pop(SearchText.Kind.CASE, set())
    if cases:
        # Before words were made for the first time nothing tells which cases were public.
        is_seen |= _mark_cases(cases, using) or not were_made
    for kind, pks in by_kind.items():
        is_seen = True
        _mark(kind, pks, using)
    if is_seen:
        _move(using)


def _mark_cases(pks: set[int], using: str) -> bool:
    """Marks the cases that are public, or were when their words were made. Returns whether there are such."""
    # In no order: that of cases would join collections, which `loaddata` may bring later.
    published = Case.objects.using(using).published().order_by()
    public = set(published.filter(pk__in=pks).values_list("pk", flat=True))
    rows = SearchText.objects.using(using).filter(kind=SearchText.Kind.CASE, object_id__in=pks)
    were_public = set(rows.values_list("object_id", flat=True))
    # Links to a case show as long as it does: with it, texts of other cases come and go.
    links = CaseLink.objects.using(using).filter(other__in=public ^ were_public, case__in=published)
    _mark(SearchText.Kind.CASE, public | were_public | set(links.values_list("case", flat=True)), using)
    return bool(public or were_public)


def _mark(kind: str, pks: set[int], using: str) -> None:
    """Marks each as changed, and makes a row for what has none."""
    rows = SearchText.objects.using(using)
    # Another number at every change: words are written only on the mark that was there before they were read.
    mark = secrets.randbelow(2**31 - 1) + 1
    there = rows.filter(kind=kind, object_id__in=pks).update(changes=mark) if pks else 0
    if there < len(pks):
        new = [SearchText(kind=kind, object_id=pk) for pk in sorted(pks)]
        rows.bulk_create(new, ignore_conflicts=True, batch_size=500)


def _move(using: str) -> None:
    row = DataVersion.objects.using(using).filter(pk=DataVersion.ROW)
    row.update(number=F("number") + 1, token=secrets.token_hex(8), changed_at=timezone.now())


def _changed(change: Change | None, using: str) -> None:
    held = getattr(_held, "changes", None)
    if held is not None:
        held.add(change)
    else:
        note_changes([change], using)


def _is_ours(sender: type[models.Model]) -> bool:
    # The models of migrations have a registry of their own: their tables may not be those of today.
    is_of_today = sender._meta.apps is apps
    return is_of_today and sender._meta.app_label in ("casestudies", "recommendations") and sender not in SILENT


def on_saving(sender: type[models.Model], instance: models.Model, using: str, **kwargs: object) -> None:
    """Another name is about to go to another organization: the former one changes too."""
    if sender is OrganizationName and instance.pk:
        former = (
            OrganizationName.objects.using(using).filter(pk=instance.pk).exclude(organization=instance.organization_id)
        )
        for pk in former.values_list("organization", flat=True):
            _changed((SearchText.Kind.ORGANIZATION, pk), using)


def on_save(sender: type[models.Model], instance: models.Model, using: str, **kwargs: object) -> None:
    """A row was written."""
    if _is_ours(sender):
        _changed(target_of(instance), using)


def on_delete(sender: type[models.Model], instance: models.Model, using: str, **kwargs: object) -> None:
    """A row is gone."""
    if _is_ours(sender):
        _changed(target_of(instance), using)


def on_many(
    sender: type[models.Model], instance: models.Model, action: str, using: str, reverse: bool,
    model: type[models.Model], pk_set: set[int] | None, **kwargs: object,
) -> None:  # fmt: skip
    """Many-to-many values changed; from the far side (`term.objectives.add`), each row that gained or lost one."""
    if not action.startswith("post_") or not _is_ours(type(instance)):
        return
    _changed(target_of(instance), using)
    if reverse and pk_set:
        for row in model._base_manager.using(using).filter(pk__in=pk_set):
            _changed(target_of(row), using)


def connect() -> None:
    """Called once, when the apps are ready."""
    pre_save.connect(on_saving, dispatch_uid="casestudies.changes")
    post_save.connect(on_save, dispatch_uid="casestudies.changes")
    post_delete.connect(on_delete, dispatch_uid="casestudies.changes")
    m2m_changed.connect(on_many, dispatch_uid="casestudies.changes")


@dataclass(frozen=True)
class Version:
    """The data at one moment: the number that people read, what tells it from any other, since when it holds."""

    number: int = 0
    token: str = ""
    changed_at: datetime.datetime = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def data_version(using: str = DEFAULT_DB_ALIAS) -> Version:
    """The version of the data as this transaction sees them; number 0 before the first change.

    One query; none within `one_version`, after the first.
    """
    held = getattr(_held, "version", None) if using == DEFAULT_DB_ALIAS else None
    if held is not None and held[0] is not None:
        return held[0]
    row = DataVersion.objects.using(using).filter(pk=DataVersion.ROW)
    found = next((Version(*values) for values in row.values_list("number", "token", "changed_at")), Version())
    if held is not None:
        held[0] = found
    return found


@contextlib.contextmanager
def one_version() -> Iterator[None]:
    """Within the block the version is read once. For what only reads: a change in the block would go unnoticed."""
    outer = getattr(_held, "version", None)
    _held.version = [None]
    try:
        yield
    finally:
        _held.version = outer


def version(using: str = DEFAULT_DB_ALIAS) -> str:
    """What tells the data as this transaction sees them from those before and after. One query at most."""
    return data_version(using).token
