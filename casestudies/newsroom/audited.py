"""What the audit list shows of the newsroom: who made what public, took it back, deleted or merged it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mainstreaming import audit

from ..choices import EditAction
from ..collection.schema import collection_models
from ..models import HistoryEntry

ACTIONS = (
    EditAction.PUBLISHED, EditAction.REPUBLISHED, EditAction.ARCHIVED, EditAction.CHECKED, EditAction.DISCARDED,
    EditAction.DELETED, EditAction.MERGED,
)  # fmt: skip


def rows() -> QuerySet:
    """The entries of the history that the audit list has, without their contents."""
    return HistoryEntry.objects.filter(action__in=ACTIONS).defer("content")


def what(entry: HistoryEntry) -> str:
    """«4.12 Vaud: published. Checked by two.»"""
    return f"{entry}. {entry.comment}" if entry.comment else str(entry)


def link(entry: HistoryEntry) -> str:
    """Where the entry is read: in the history of what it tells of, or among what is deleted."""
    meta = collection_models()[entry.model]._meta
    name = f"admin:{meta.app_label}_{meta.model_name}"
    if entry.action in (EditAction.DISCARDED, EditAction.DELETED):
        return reverse(f"{name}_deleted")
    return reverse(f"{name}_history", args=[entry.of_id])


def connect() -> None:
    """Called once, when the apps are ready."""
    audit.register(
        audit.Kind(
            name="publication", label=_("publication"), rows=rows, when="at", who="by_name", what=what, link=link
        )
    )
