"""What happened to a live case since its working revision was started, and what publishing that would undo."""

from __future__ import annotations

import datetime
from dataclasses import replace

from ..choices import EditAction
from ..collection.trees import CASE, REDIRECT
from ..models import Case, HistoryEntry
from .differences import RowChange, differences
from .history import State, current_state, state_of

CHECKED_ON = "last_checked_on"


def was_checked_since(revision: Case, live: Case) -> bool:
    """Whether the live case was marked as checked since, so that its date is the one to keep."""
    done = HistoryEntry.objects.filter(model=CASE, object_id=live.pk, action=EditAction.CHECKED)
    is_newer = (live.last_checked_on or datetime.date.min) > (revision.last_checked_on or datetime.date.min)
    return is_newer and done.filter(at__gt=revision.created_at).exists()


def undone_by(revision: Case, live: Case) -> list[RowChange]:
    """What changed in the live case since and is not in the working revision: its publication would undo it.

    What reached both, such as a merger, is left out, and so is what publishing keeps.
    """
    if live.updated_at <= revision.created_at:
        return []
    now, mine = current_state(live), current_state(revision)
    start = _state_at_start(revision) or mine
    kept = frozenset({"status", *([CHECKED_ON] if was_checked_since(revision, live) else [])})
    found = []
    for row in differences(CASE, start, now, kept):
        theirs, ours = (state.tree.get(row.model, {}).get(row.key) for state in (now, mine))
        if theirs == ours or row.model == REDIRECT:
            continue
        if theirs is not None and ours is not None:
            row = replace(row, fields=tuple(f for f in row.fields if theirs.get(f.name) != ours.get(f.name)))
        if row.fields or theirs is None or ours is None:
            found.append(row)
    return found


def _state_at_start(revision: Case) -> State | None:
    """The live case as it was when the revision was made of it; None where the history does not tell."""
    entries = HistoryEntry.objects.filter(model=CASE)
    first = entries.filter(object_id=revision.pk).order_by("pk").first()
    if first is not None and first.action != EditAction.REVISED:
        # Begun by a restore or a tag, which is in its first entry.
        of_live = entries.filter(object_id=revision.revises_id)
        found = of_live.filter(action=EditAction.FOUND, pk__gt=first.pk).order_by("pk").first()
        first = of_live.filter(pk__lt=first.pk).order_by("-pk").first() or found
    return state_of(first) if first is not None else None
