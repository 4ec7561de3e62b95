"""What waits for somebody of the staff: each list short, and each in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Value, Window
from django.db.models.functions import Coalesce

from .. import index
from ..choices import EditAction, MessageStatus, Status
from ..collection.schema import collection_models, label_of
from ..collection.trees import CASE
from ..models import AcceptedFinding, Case, HistoryEntry, Message
from ..quality import case_reports
from .workflow import AUTHORING, BY_NAME, CHANGE, state_label

#: How many rows a list has.
ROWS = 8
#: How many cases, those edited last, the dashboard looks for findings in; the quality report has all.
LOOKED_AT = 50
PUBLISHING = (EditAction.PUBLISHED, EditAction.REPUBLISHED)
STEPPING = (EditAction.SUBMITTED, EditAction.RETURNED, EditAction.WITHDRAWN)
#: What makes a draft somebody's own.
OWNING = (*AUTHORING, EditAction.REVISED)
VIEW_CASE, VIEW_MESSAGE, VIEW_HISTORY = (
    "casestudies.view_case", "casestudies.view_message", "casestudies.view_historyentry",
)  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """A case in review: who handed it in when, and whether the person may publish it."""

    case: Case
    state: str
    submitted: HistoryEntry | None
    may_publish: bool
    is_own: bool


@dataclass(frozen=True)
class Mine:
    """A draft of somebody's own, and what was said when it was returned, if it was."""

    case: Case
    state: str
    returned: HistoryEntry | None


@dataclass(frozen=True)
class Incomplete:
    """A case with how many findings of the quality report are open."""

    case: Case
    open: int


@dataclass(frozen=True)
class Edited:
    """An entry of the history, and whether its row is still there."""

    entry: HistoryEntry
    is_there: bool


@dataclass(frozen=True)
class Listing:
    """The first rows of a list, and how many there are in all."""

    rows: list = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True)
class Dashboard:
    """The lists that somebody's role may see; None for the others. `looked_at` says of how many cases findings are."""

    waiting: Listing | None = None
    mine: Listing | None = None
    messages: Listing | None = None
    incomplete: list[Incomplete] | None = None
    looked_at: int = 0
    unchecked: list[Case] | None = None
    edited: list[Edited] | None = None


def dashboard_of(user: Any) -> Dashboard:
    """What the first page of the admin shows somebody."""
    sees_cases = user.has_perm(VIEW_CASE)
    incomplete, looked_at = incomplete_cases() if sees_cases else (None, 0)
    return Dashboard(
        waiting=awaiting_review(user) if sees_cases else None,
        mine=own_drafts(user) if sees_cases and user.has_perm(CHANGE) else None,
        messages=new_messages() if user.has_perm(VIEW_MESSAGE) else None,
        incomplete=incomplete,
        looked_at=looked_at,
        unchecked=longest_unchecked() if sees_cases else None,
        edited=last_edited(user) if user.has_perm(VIEW_HISTORY) else None,
    )


def _last(actions: Iterable[str], column: str = "pk", **conditions: Any) -> Subquery:
    """The last entry of one of the actions in the history of a case's own row."""
    of = Coalesce(OuterRef("revises"), OuterRef("pk"))
    entries = HistoryEntry.objects.filter(model=CASE, of_id=of, object_id=OuterRef("pk"), action__in=tuple(actions))
    return Subquery(entries.filter(**conditions).order_by("-pk").values(column)[:1])


def _counted(rows: QuerySet) -> QuerySet:
    """The rows, each with the number of all."""
    return rows.annotate(in_all=Window(Count("*")))


def _entries(pks: Iterable[int | None]) -> dict[int, HistoryEntry]:
    return HistoryEntry.objects.defer("content").in_bulk([pk for pk in pks if pk is not None])


def awaiting_review(user: Any) -> Listing:
    """What is in review, what waits longest first. Two queries."""
    cases = _counted(Case.objects.filter(status=Status.IN_REVIEW)).select_related("collection")
    cases = list(
        cases.annotate(
            submitted=_last([EditAction.SUBMITTED]),
            published=_last(PUBLISHING),
            authored=_last(AUTHORING, by=user.pk),
        ).order_by(F("submitted").asc(nulls_last=True), "pk")[:ROWS]
    )
    entries = _entries(case.submitted for case in cases)
    may_review = user.has_perm(BY_NAME["publish"].permission)
    rows = []
    for case in cases:
        # As `workflow.authors_of` has it.
        is_own = case.authored is not None and case.authored > (case.published or 0)
        may_publish = may_review and (settings.PUBLISH_OWN_WORK or not is_own)
        rows.append(Waiting(case, state_label(case), entries.get(case.submitted), may_publish, is_own))
    return Listing(rows, cases[0].in_all if cases else 0)


def own_drafts_condition(user: Any) -> models.Q:
    """Drafts, and working revisions, that somebody wrote in."""
    written = HistoryEntry.objects.filter(model=CASE, by=user.pk, action__in=OWNING)
    return models.Q(status=Status.DRAFT) & models.Q(pk__in=written.values("object_id"))


def own_drafts(user: Any) -> Listing:
    """What somebody works on: what was returned first, then what was edited last. Two queries."""
    returned = HistoryEntry.objects.filter(pk=OuterRef("last_step"), action=EditAction.RETURNED)
    cases = _counted(Case.objects.filter(own_drafts_condition(user))).select_related("collection")
    cases = cases.annotate(last_step=_last(STEPPING)).annotate(was_returned=Exists(returned))
    found = list(cases.order_by("-was_returned", "-updated_at", "pk")[:ROWS])
    entries = _entries(case.last_step for case in found if case.was_returned)
    rows = [Mine(case, state_label(case), entries.get(case.last_step)) for case in found]
    return Listing(rows, found[0].in_all if found else 0)


def new_messages() -> Listing:
    """What visitors wrote and nobody has dealt with, the newest first. One query."""
    rows = _counted(Message.objects.filter(status=MessageStatus.NEW)).select_related("case__collection")
    found = list(rows.order_by("-created_at", "-pk")[:ROWS])
    return Listing(found, found[0].in_all if found else 0)


def incomplete_cases() -> tuple[list[Incomplete], int]:
    """The cases with most open findings among those edited last, and among how many. Five queries.

    What was found in a case is kept until the case, what cases share, or what is accepted changes; more queries where
    it has to be looked at anew, however many cases.
    """
    latest = list(Case.objects.live().order_by("-updated_at", "pk").values_list("pk", "version")[:LOOKED_AT])
    known = index.current().keep(("open-findings", _accepted()), dict)
    new = [pk for pk, version in latest if (pk, version) not in known]
    if new:
        for report in case_reports(Case.objects.for_page().filter(pk__in=new)):
            known[report.case.pk, report.case.version] = len(report.open)
    counts = {pk: known.get((pk, version), 0) for pk, version in latest}
    worst = sorted((pk for pk, count in counts.items() if count), key=lambda pk: (-counts[pk], pk))[:ROWS]
    cases = Case.objects.select_related("collection").in_bulk(worst)
    return [Incomplete(cases[pk], counts[pk]) for pk in worst if pk in cases], len(latest)


def _accepted() -> tuple[int, int]:
    """What tells what is accepted from what was: that alone moves no version of the data."""
    changes = HistoryEntry.objects.filter(model=label_of(AcceptedFinding)).aggregate(last=models.Max("pk"))
    return AcceptedFinding.objects.count(), changes["last"] or 0


def longest_unchecked() -> list[Case]:
    """The published cases that were compared with their sources longest ago, those that never were first. One query.

    Which they are is kept until public data change; one more query then.
    """
    order = (F("last_checked_on").asc(nulls_first=True), "ordinal", "pk")
    published = Case.objects.published()
    pks = index.current().keep(
        "longest-unchecked", lambda: list(published.order_by(*order).values_list("pk", flat=True)[:ROWS])
    )
    return list(published.filter(pk__in=pks).select_related("collection").order_by(*order))


def last_edited(user: Any) -> list[Edited]:
    """The last changes of what somebody may see. Two queries."""
    labels = [
        label for label, model in collection_models().items()
        if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    ]  # fmt: skip
    entries = HistoryEntry.objects.defer("content").filter(model__in=labels).exclude(action=EditAction.FOUND)
    found = list(entries.order_by("-pk")[:ROWS])
    there = _there({(entry.model, entry.object_id) for entry in found})
    return [Edited(entry, (entry.model, entry.object_id) in there) for entry in found]


def _there(rows: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Which of the rows there are. One query, whatever their models."""
    if not rows:
        return set()
    asked = [
        collection_models()[label]
        ._base_manager.order_by()
        .filter(pk__in=[pk for other, pk in rows if other == label])
        .values_list(Value(label, output_field=models.CharField()), "pk")
        for label in sorted({label for label, _pk in rows})
    ]
    return set(asked[0].union(*asked[1:], all=True)) if len(asked) > 1 else set(asked[0])
