"""One term given to several cases, or taken from them, at once: what would happen to each first, then all or nothing.

Drafts are tagged in place; a published case in its working revision, so that the tag is reviewed like any other change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..changes import held_back
from ..choices import EditAction, Evidence, Status
from ..models import Case, CaseTerm, EditorialNote, Term, new_key
from . import workflow
from .history import recording
from .workflow import Refused

#: How many cases are tagged at once: a working revision takes up to half a second.
MOST = 50
GIVE, TAKE = "give", "take"
IN_PLACE, IN_REVISION, IN_NEW_REVISION, NOTHING, REFUSED = "place", "revision", "new", "nothing", "refused"
WORDS: dict[str, str | Promise] = {
    IN_PLACE: gettext_lazy("changed in the draft itself"),
    IN_REVISION: gettext_lazy("changed in its working revision"),
    IN_NEW_REVISION: gettext_lazy("changed in a working revision that is started for it"),
    NOTHING: gettext_lazy("nothing to do"),
    REFUSED: gettext_lazy("not possible"),
}


@dataclass(frozen=True)
class Tagging:
    """What is to be done: a term given with its ground, or taken; and whether working revisions are started for it."""

    action: str
    term: Term
    evidence: str = Evidence.EDITORIAL
    reason: str = ""
    place: str = ""
    starts_revisions: bool = False

    def __str__(self) -> str:
        told = _("Given: %(vocabulary)s, %(term)s") if self.action == GIVE else _("Taken: %(vocabulary)s, %(term)s")
        return told % {"vocabulary": self.term.vocabulary, "term": self.term}


@dataclass(frozen=True)
class Outcome:
    """What happens to one case: where it is changed, or why it is not. `target` is what is changed, if it exists."""

    case: Case
    where: str
    reason: str = ""
    target: Case | None = None

    @property
    def words(self) -> str:
        """What happens, to be read."""
        return f"{WORDS[self.where]}: {self.reason}" if self.reason else str(WORDS[self.where])

    @property
    def is_refused(self) -> bool:
        return self.where == REFUSED

    @property
    def is_change(self) -> bool:
        return self.where in (IN_PLACE, IN_REVISION, IN_NEW_REVISION)


def plan_tagging(cases: Iterable[Case], tagging: Tagging, user: Any) -> list[Outcome]:
    """What would happen to each case. Reads only: four queries, and two for each case whose working revision counts.

    A case and its working revision are one. Raises ValueError for more than MOST cases.
    """
    # By the live case, in the order given: whoever chose both means one.
    chosen = {workflow.live_of(case).pk: workflow.live_of(case) for case in cases}
    if len(chosen) > MOST:
        raise ValueError("Too many cases at once.")
    revisions = {row.revises_id: row for row in Case.objects.filter(revises__in=chosen)}
    terms = _terms([*chosen, *(row.pk for row in revisions.values())], tagging.term)
    noted = _noted([*chosen, *(row.pk for row in revisions.values())])
    return [_outcome(case, revisions.get(pk), tagging, user, terms, noted) for pk, case in chosen.items()]


def _terms(pks: list[int], term: Term) -> dict[int, list[CaseTerm]]:
    """The classifications of cases under the term's vocabulary."""
    found: dict[int, list[CaseTerm]] = {}
    rows = CaseTerm.objects.filter(case__in=pks, term__vocabulary=term.vocabulary_id).select_related("term")
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _noted(pks: list[int]) -> set[tuple[int, str]]:
    """Which classifications an editorial note stands beside: case and key."""
    notes = EditorialNote.objects.filter(case__in=pks, about__startswith="caseterms/")
    return {(case, about.partition("/")[2]) for case, about in notes.values_list("case", "about")}


def _outcome(
    case: Case, revision: Case | None, tagging: Tagging, user: Any, terms: dict[int, list[CaseTerm]],
    noted: set[tuple[int, str]],
) -> Outcome:  # fmt: skip
    where, target, reason = _place(case, revision, tagging, user)
    if reason:
        return Outcome(case, REFUSED, reason)
    # A working revision that is yet to be started begins with what the case has.
    row_of = target or case
    rows = terms.get(row_of.pk, [])
    same = next((row for row in rows if row.term_id == tagging.term.pk), None)
    if tagging.action == GIVE:
        if same is not None:
            return Outcome(case, NOTHING, _("it has the term"))
        if tagging.term.vocabulary.is_single and rows:
            told = _("a case has one term of this vocabulary, and it has “%(term)s”") % {"term": rows[0].term}
            return Outcome(case, REFUSED, told)
    elif same is None:
        return Outcome(case, NOTHING, _("it does not have the term"))
    elif (row_of.pk, same.key) in noted:
        return Outcome(case, REFUSED, _("an editorial note stands beside it"))
    return Outcome(case, where, target=target)


def _place(case: Case, revision: Case | None, tagging: Tagging, user: Any) -> tuple[str, Case | None, str]:
    """Where a case is changed, what is changed there, and what speaks against it."""
    if case.status == Status.ARCHIVED:
        return "", None, _("it is archived")
    target = revision or case
    if target.status == Status.IN_REVIEW:
        return "", None, _("it is in review")
    if target.status == Status.DRAFT:
        is_mine = workflow.may_edit(user, target)
        return IN_REVISION if revision else IN_PLACE, target, "" if is_mine else _("your role does not include this")
    if not tagging.starts_revisions:
        return "", None, _("it is published and has no working revision")
    return IN_NEW_REVISION, None, workflow.reason_against(workflow.BY_NAME["revise"], case, user)


def digest_of(outcomes: list[Outcome], tagging: Tagging) -> str:
    """The same as long as the same would happen."""
    told = [(each.case.pk, each.where, each.reason, each.target and each.target.pk) for each in outcomes]
    return hashlib.sha256(repr((told, tagging.action, tagging.term.pk)).encode()).hexdigest()


def tag(cases: Iterable[Case], tagging: Tagging, user: Any, seen: str = "") -> list[Outcome]:
    """Tags the cases, all of them or none, and returns what happened to each.

    `seen` is the digest of the outcomes that the person agreed to. Raises Refused, with nothing written, where one of
    the cases cannot be tagged, where other things would happen than were shown, or where a row is not valid.
    """
    with transaction.atomic(), held_back():
        # Those that are tagged, and those that they are working revisions of, stay as they are meanwhile.
        pks = {pk for case in cases for pk in (case.pk, case.revises_id) if pk}
        locked = Case.objects.select_for_update(of=("self",)).select_related("collection", "revises__collection")
        rows = list(locked.filter(pk__in=pks).order_by("pk"))
        if tagging.action == GIVE and Term.objects.filter(pk=tagging.term.pk, is_retired=True).exists():
            raise Refused(_("“%(term)s” is retired: it takes no new links.") % {"term": tagging.term})
        outcomes = plan_tagging(rows, tagging, user)
        refused = [each for each in outcomes if each.is_refused]
        if refused:
            raise Refused("\n".join(f"{each.case}: {each.reason}" for each in refused))
        if seen and digest_of(outcomes, tagging) != seen:
            raise Refused(_("Something of this has changed in the meantime. Please look at it again."))
        with recording(user) as notes:
            said = []
            for each in outcomes:
                if each.is_change:
                    said.append(_tag(each, tagging, user))
            # Said at the end: what is refused on the way is not told.
            for case in said:
                notes.say(case, EditAction.TAGGED, str(tagging))
        return outcomes


def _tag(outcome: Outcome, tagging: Tagging, user: Any) -> Case:
    """Changes one case, and returns what was changed: it, or its working revision."""
    target = outcome.target or workflow.take("revise", outcome.case, user)
    if tagging.action == TAKE:
        CaseTerm.objects.get(case=target, term=tagging.term).delete()
    else:
        last = CaseTerm.objects.filter(case=target).aggregate(last=Max("position"))["last"] or 0
        row = CaseTerm(
            case=target, term=tagging.term, evidence=tagging.evidence, reason=tagging.reason, place=tagging.place,
            key=new_key(), position=last + 1,
        )  # fmt: skip
        try:
            row.full_clean()
        except ValidationError as error:
            raise Refused(f"{outcome.case}: {' '.join(error.messages)}") from error
        row.save()
    Case.objects.filter(pk=target.pk).update(version=F("version") + 1, updated_at=timezone.now())
    return target
