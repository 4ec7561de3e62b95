"""Checks and applies what came back: what was shown, all of it or nothing."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..choices import EditAction, ImportState
from ..collection.trees import TreeError, new_case, write_tree
from ..models import Case, SheetImport
from ..newsroom import workflow
from ..newsroom.history import recording
from .planning import CasePlan, Options, Plan, Planner, Step
from .reading import NotAWorkbook

#: For how long a file is kept after it was sent.
KEPT = datetime.timedelta(days=30)
#: So many errors are told in full.
MOST_TOLD = 1000


class Refused(Exception):
    """The import cannot be applied; the message says why. Nothing was written."""


def take_in(name: str, data: bytes, user: Any) -> SheetImport:
    """Keeps a file that was sent, to be checked. The files of earlier ones go after a while."""
    SheetImport.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(content=b"").update(content=b"")
    return SheetImport.objects.create(by=user, name=name[-200:], content=data)


def planner_of(sent: SheetImport, *, lock: bool = False) -> Planner:
    """What plans the import of a file that was sent."""
    options = Options(take_file=sent.take_file, remove_gone=sent.remove_gone)
    return Planner(bytes(sent.content), sent.name, options, lock=lock)


def check(sent: SheetImport) -> Iterator[Step]:
    """Works out what the file would change and keeps it. Says how far it is."""
    planner = planner_of(sent)
    try:
        yield from planner.steps()
    except NotAWorkbook as error:
        sent.result, sent.digest = {"refused": str(error), "faults": [], "total": 1, "cases": [], "notes": []}, ""
    else:
        sent.result, sent.digest = _told(planner.plan), planner.plan.digest()
    # Somebody else may have applied it in the meantime.
    SheetImport.objects.filter(pk=sent.pk).exclude(state=ImportState.APPLIED).update(
        result=sent.result, digest=sent.digest, state=ImportState.CHECKED
    )
    sent.refresh_from_db()


def _told(plan: Plan) -> dict[str, Any]:
    """What is shown of a plan, as JSON."""
    return {
        "faults": [fault.as_dict() for fault in plan.faults[:MOST_TOLD]],
        "total": len(plan.faults),
        "notes": plan.notes,
        "cases": [
            {
                "slug": each.slug,
                "name": each.name,
                "edition": each.edition,
                "is_written": each.is_written,
                "changes": [vars(change) for change in each.changes],
            }
            for each in plan.cases
        ],
    }


def apply(pk: int, digest: str, user: Any) -> Iterator[Step]:
    """Writes exactly what was shown under this checksum, in one transaction. Says how far it is.

    Raises Refused, with nothing written, where it was applied already, was sent by somebody else, was checked anew
    since, or the cases changed.
    """
    with transaction.atomic():
        sent = SheetImport.objects.select_for_update().get(pk=pk)
        if sent.state == ImportState.APPLIED:
            raise Refused(_("This file was applied already."))
        if sent.by_id != user.pk:
            # Whoever applies it counts as the author.
            raise Refused(_("Only who sent the file applies it: send it again yourself."))
        if sent.state != ImportState.CHECKED or not digest or sent.digest != digest or sent.result.get("total"):
            raise Refused(_("The file was checked again since this page was shown. Please look at it once more."))
        planner = planner_of(sent, lock=True)
        for step in planner.steps():
            # The second half of the way is the writing.
            yield Step(step.done, step.total * 2, step.text)
        plans = planner.plan.written
        if planner.plan.faults or planner.plan.digest() != digest:
            raise Refused(_("The cases have changed since this was shown. Please have the file checked again."))
        written = []
        for number, plan in enumerate(plans, 1):
            written.append(_write(plan, sent, user))
            text = _("Written: %(name)s") % {"name": plan.name}
            yield Step(len(plans) + number, 2 * len(plans), text)
        sent.state, sent.applied_at = ImportState.APPLIED, timezone.now()
        sent.result = {**sent.result, "written": written}
        sent.save(update_fields=["state", "applied_at", "result"])


def _write(plan: CasePlan, sent: SheetImport, user: Any) -> dict[str, Any]:
    """One case, with its entry in the history. Raises Refused."""
    try:
        target = None if plan.pk is None else Case.objects.get(pk=plan.pk)
        if target is not None and plan.edition == "start":
            target = workflow.take("revise", target, user, sent.name)
        # No step is told within: who reads the answer slowly would leave the recording open.
        with recording(user, EditAction.IMPORTED, sent.name):
            if target is None:
                target = new_case(plan.after)
            else:
                write_tree(target, plan.after, keep=workflow.STATE_FIELDS)
                target.version += 1
                target.updated_at = timezone.now()
                target.save(update_fields=["version", "updated_at"])
    except (TreeError, workflow.Refused) as error:
        raise Refused(f"{plan.name}: {error}") from error
    return {"pk": target.pk, "name": str(target), "edition": plan.edition}
