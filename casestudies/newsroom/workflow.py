"""A case's way to the public and back: who may take which step, and what it does.

    draft ⇄ in review → published ⇄ archived

Visitors see what is published. A published or archived case is not edited itself: a *working revision* of it is, which
takes the same way and, when it is published, replaces the public text whole. Every step is an entry of the history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..choices import EditAction, Status
from ..collection.trees import (
    CASE,
    REDIRECT,
    ROOT,
    TreeError,
    new_case,
    read_tree,
    without_links_to_itself,
    write_tree,
)
from ..models import Case, CaseRedirect, HistoryEntry
from ..revisions import RevisionExists, start_revision
from . import history, notices
from .history import State, recording
from .revising import CHECKED_ON, undone_by, was_checked_since

SUBMIT, REVIEW, ARCHIVE = "casestudies.submit_case", "casestudies.review_case", "casestudies.archive_case"
CHANGE = "casestudies.change_case"
#: What only steps change, and what belongs to the row and not to its text.
STATE_FIELDS = frozenset({"status"})
#: What makes somebody an author of a text: who did one of these since it was public does not publish it.
AUTHORING = frozenset({
    EditAction.CREATED, EditAction.EDITED, EditAction.RESTORED, EditAction.COPIED, EditAction.IMPORTED,
    EditAction.TAGGED, EditAction.SUBMITTED,
})  # fmt: skip


class Refused(Exception):
    """A step cannot be taken; the reason is for the person who tried. Nothing was written."""


@dataclass(frozen=True)
class Step:
    """A step: what its button says, what it does in words, from which states, with which permission."""

    name: str
    label: str | Promise
    explanation: str | Promise
    sources: frozenset[str]
    permission: str
    action: str
    take: Callable[[Case, AbstractBaseUser, str], Case | None]
    needs_comment: bool = False
    # Only for the case itself, or only for a working revision.
    for_revision: bool | None = None


def may_edit(user: Any, case: Case) -> bool:
    """Whether somebody may change the text of a case in its present state.

    Drafts: who may change cases. In review: reviewers. Published: nobody, but where one's own work may be published,
    reviewers. Archived: nobody.
    """
    if not user.has_perm(CHANGE):
        return False
    if case.status == Status.DRAFT:
        return True
    if case.status == Status.IN_REVIEW:
        return user.has_perm(REVIEW)
    return case.status == Status.PUBLISHED and settings.PUBLISH_OWN_WORK and user.has_perm(REVIEW)


def is_public(case: Case) -> bool:
    """Whether visitors see this very row."""
    return case.status == Status.PUBLISHED and not case.is_revision


def revision_of(case: Case) -> Case | None:
    """The working revision of a live case, if there is one."""
    # Asked once a case: Django remembers it, also where there is none.
    try:
        return None if case.is_revision else case.revision
    except Case.DoesNotExist:
        return None


def live_of(case: Case) -> Case:
    """The live case: itself, or what it revises."""
    return case.revises if case.is_revision else case


def was_public(case: Case) -> bool:
    """Whether a live case, or what a revision revises, was ever published."""
    if case.is_revision or case.status in (Status.PUBLISHED, Status.ARCHIVED):
        return True
    done = HistoryEntry.objects.filter(model=CASE, of_id=case.pk)
    return done.filter(action__in=(EditAction.PUBLISHED, EditAction.REPUBLISHED)).exists()


def authors_of(case: Case) -> set[int]:
    """Who worked on what would be published now: the accounts, by primary key.

    Of a state that was restored, brought back or copied: also whoever worked on it where it comes from.
    """
    return _authors(case.pk, None, set())


def _authors(pk: int, until: int | None, seen: set[int]) -> set[int]:
    """The authors of a row's text as an entry has it (None: as it is now), since it was public; each origin once."""
    entries = HistoryEntry.objects.filter(model=CASE, object_id=pk)
    if until is not None:
        entries = entries.filter(pk__lte=until)
    last = entries.filter(action__in=(EditAction.PUBLISHED, EditAction.REPUBLISHED)).order_by("-at", "-pk").first()
    if last is not None:
        entries = entries.filter(pk__gt=last.pk)
    found = set()
    rows = entries.filter(action__in=AUTHORING).order_by().values_list("by", "origin")
    for by, origin in set(rows):
        found |= {by} if by is not None else set()
        if origin is not None and origin not in seen:
            seen.add(origin)
            row = HistoryEntry.objects.filter(pk=origin, model=CASE).values_list("object_id", flat=True).first()
            found |= _authors(row, origin, seen) if row is not None else set()
    return found


def submitter_of(case: Case) -> HistoryEntry | None:
    """The entry by which a case went into review last."""
    entries = HistoryEntry.objects.filter(model=CASE, object_id=case.pk, action=EditAction.SUBMITTED)
    return entries.order_by("-at", "-pk").first()


def reason_against(step: Step, case: Case, user: Any) -> str:
    """Why somebody may not take a step now; empty where they may."""
    if not user.has_perm(step.permission):
        return _("Your role does not include this.")
    if case.status not in step.sources or step.for_revision not in (None, case.is_revision):
        return _("This is not possible while the case is: %(state)s.") % {"state": state_label(case)}
    if step.name == "publish" and not settings.PUBLISH_OWN_WORK and user.pk in authors_of(case):
        return _("You have worked on this text yourself: somebody else has to publish it.")
    if step.name == "publish" and live_of(case).status == Status.ARCHIVED and not user.has_perm(ARCHIVE):
        return _("The case is archived: only who may publish it again publishes its working revision.")
    if step.name in ("revise", "archive") and revision_of(case) is not None:
        return _("There is a working revision: publish or discard it first.")
    if step.name == "discard" and not case.is_revision and was_public(case):
        return _("This case was public: it is archived, not discarded.")
    return ""


def state_label(case: Case) -> str:
    """The state in words, with what a working revision is one of."""
    label = case.get_status_display()
    return _("working revision, %(state)s") % {"state": label} if case.is_revision else label


def steps_for(case: Case, user: Any) -> list[tuple[Step, str]]:
    """The steps that a state offers to somebody's role, each with what speaks against it now, if anything does."""
    found = []
    for step in STEPS:
        if case.status in step.sources and step.for_revision in (None, case.is_revision):
            reason = reason_against(step, case, user)
            # What leads elsewhere is not offered: the working revision that is there, archiving.
            if user.has_perm(step.permission) and not (reason and step.name in ("discard", "revise")):
                found.append((step, reason))
    return found


def take(
    name: str,
    case: Case,
    user: AbstractBaseUser,
    comment: str = "",
    version: int | None = None,
    address: Callable[[Case], str] | None = None,
    live_version: int | None = None,
) -> Case | None:
    """Takes a step. Returns the case to go on with, or None where it is gone.

    `version` is that of the case as the person saw it, `live_version` that of the case which a working revision
    revises: who does not give it undoes nothing that was changed there since. Whom the step concerns has an e-mail
    when it is done; `address` gives the link in it. Raises Refused.
    """
    step = BY_NAME.get(name)
    if step is None:
        raise Refused(_("There is no such step."))
    with transaction.atomic():
        fresh = Case.objects.select_for_update().filter(pk=case.pk).first()
        if fresh is None:
            raise Refused(_("This case is not there any more."))
        reason = reason_against(step, fresh, user)
        if not reason and version is not None and fresh.version != version:
            reason = _("Somebody has changed the case in the meantime. Please look at it again.")
        if not reason and step.needs_comment and not comment.strip():
            reason = _("Please say why.")
        if not reason and step.name == "publish" and fresh.is_revision:
            reason = _against_undoing(fresh, live_version)
        if reason:
            raise Refused(reason)
        authors = authors_of(fresh)
        with recording(user) as notes:
            try:
                done = step.take(fresh, user, comment.strip())
            except (TreeError, RevisionExists) as error:
                raise Refused(str(error)) from error
            if done is not None:
                notes.say(done, step.action, comment.strip())
                _tell(step, done, user, comment.strip(), authors, address)
            return done


def _against_undoing(revision: Case, live_version: int | None) -> str:
    """Why a working revision is not published by somebody who has not seen what that would undo; empty where it is."""
    live = Case.objects.select_for_update().get(pk=revision.revises_id)
    if live.version == live_version or not undone_by(revision, live):
        return ""
    return _("The public text was changed since this working revision was started. Please look at what it would undo.")


def _tell(
    step: Step, case: Case, user: AbstractBaseUser, comment: str, authors: set[int],
    address: Callable[[Case], str] | None,
) -> None:  # fmt: skip
    """Sends the e-mails of a step once it is stored; none to the person who took it."""
    if step.action == EditAction.SUBMITTED:
        to = notices.reviewers(REVIEW)
    elif step.action in notices.FOR_AUTHORS:
        to = notices.accounts(authors)
    else:
        return
    who = user.get_full_name() or user.get_username()
    notice = notices.Notice(step.action, str(case), str(who), comment, address(case) if address else "")
    others = [each for each in to if each.pk != user.pk]
    transaction.on_commit(lambda: notices.send(notice, others))


def _set_status(case: Case, status: str) -> Case:
    case.status = status
    case.version += 1
    case.updated_at = timezone.now()
    case.save(update_fields=["status", "version", "updated_at"])
    return case


def _submit(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    return _set_status(case, Status.IN_REVIEW)


def _to_draft(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    return _set_status(case, Status.DRAFT)


def _publish(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    return replace_live(case) if case.is_revision else _set_status(case, Status.PUBLISHED)


def replace_live(revision: Case) -> Case:
    """Makes the live case what its working revision is, and removes that. Its former address goes on leading to it.

    Raises TreeError where the revision cannot take the live case's place, such as where its address is taken.
    """
    live = Case.objects.select_for_update().get(pk=revision.revises_id)
    tree = read_tree(revision)
    former = live.slug
    wanted = tree[CASE][ROOT]["slug"]
    _check_address(live, wanted)
    content = {label: rows for label, rows in tree.items() if label != REDIRECT}
    keep = STATE_FIELDS | ({CHECKED_ON} if was_checked_since(revision, live) else set())
    write_tree(live, without_links_to_itself(content, live), keep=keep)
    _keep_address(live, former)
    # What the revision was stays in the history, under the live case: its end needs no entry of its own.
    gone = (CASE, revision.pk)
    revision.delete()
    notes = history.current()
    if notes is not None:
        notes.touched.pop(gone, None)
    return _set_status(live, Status.PUBLISHED)


def _check_address(case: Case, slug: str) -> None:
    """Raises TreeError where another case has the address, or had it once."""
    is_taken = Case.objects.live().filter(slug=slug).exclude(pk=case.pk).exists()
    if is_taken or CaseRedirect.objects.filter(old_slug=slug).exclude(case=case).exists():
        raise TreeError([_("Another case has, or had, the address “%(slug)s”.") % {"slug": slug}])


def _keep_address(case: Case, former: str) -> None:
    """The address that a case leaves goes on leading to it; the one it has now leads nowhere else."""
    if former != case.slug:
        CaseRedirect.objects.filter(old_slug=case.slug).delete()
        CaseRedirect.objects.get_or_create(old_slug=former, defaults={"case": case})


def _archive(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    return _set_status(case, Status.ARCHIVED)


def _republish(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    return _set_status(case, Status.PUBLISHED)


def _revise(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    return start_revision(case)


def _discard(case: Case, user: AbstractBaseUser, comment: str) -> None:
    with recording(user) as notes:
        notes.say(case, EditAction.DISCARDED, comment)
        case.delete()


def _check(case: Case, user: AbstractBaseUser, comment: str) -> Case:
    case.last_checked_on = timezone.localdate()
    case.version += 1
    case.save(update_fields=["last_checked_on", "version"])
    return case


STEPS = (
    Step(
        "revise", gettext_lazy("Edit in a working revision"),
        gettext_lazy("Makes a copy to work on. Visitors go on seeing the text as it is, until the copy is published."),
        frozenset({Status.PUBLISHED, Status.ARCHIVED}), CHANGE, EditAction.REVISED, _revise, for_revision=False,
    ),
    Step(
        "submit", gettext_lazy("Submit for review"),
        gettext_lazy("Hands the text to the reviewers. It cannot be edited until they return it or you take it back."),
        frozenset({Status.DRAFT}), SUBMIT, EditAction.SUBMITTED, _submit,
    ),
    Step(
        "withdraw", gettext_lazy("Take back"), gettext_lazy("Takes the text out of review, to work on it again."),
        frozenset({Status.IN_REVIEW}), SUBMIT, EditAction.WITHDRAWN, _to_draft,
    ),
    Step(
        "publish", gettext_lazy("Publish"), gettext_lazy("Shows the text to everybody, at once."),
        frozenset({Status.IN_REVIEW}), REVIEW, EditAction.PUBLISHED, _publish,
    ),
    Step(
        "return", gettext_lazy("Return for more work"),
        gettext_lazy("Hands the text back to those who wrote it, with your comment."),
        frozenset({Status.IN_REVIEW}), REVIEW, EditAction.RETURNED, _to_draft, needs_comment=True,
    ),
    Step(
        "mark-checked", gettext_lazy("Mark as checked today"),
        gettext_lazy("Says that the text was compared with its sources today. Visitors see the date."),
        frozenset({Status.PUBLISHED}), REVIEW, EditAction.CHECKED, _check, for_revision=False,
    ),
    Step(
        "archive", gettext_lazy("Archive"),
        gettext_lazy("Takes the case out of lists, search and downloads. Its address says that it is archived."),
        frozenset({Status.PUBLISHED}), ARCHIVE, EditAction.ARCHIVED, _archive, needs_comment=True, for_revision=False,
    ),
    Step(
        "republish", gettext_lazy("Publish again"), gettext_lazy("Shows the case again as it was."),
        frozenset({Status.ARCHIVED}), ARCHIVE, EditAction.REPUBLISHED, _republish, needs_comment=True,
        for_revision=False,
    ),
    Step(
        "discard", gettext_lazy("Discard"),
        gettext_lazy("Removes this draft. The history keeps it, and it can be brought back from there."),
        frozenset({Status.DRAFT}), SUBMIT, EditAction.DISCARDED, _discard, needs_comment=True,
    ),
)  # fmt: skip
BY_NAME = {step.name: step for step in STEPS}


# -- Beside the steps


def copy_case(case: Case, user: AbstractBaseUser, slug: str, name: str, ordinal: int) -> Case:
    """A new draft with all that a case holds, as a start. Raises Refused where the address or number is taken."""
    tree = read_tree(case)
    tree.pop(REDIRECT, None)
    own = {"slug": slug, "name": name, "ordinal": ordinal, "status": Status.DRAFT, "last_checked_on": None}
    last = HistoryEntry.objects.filter(model=CASE, object_id=case.pk).defer("content").order_by("-pk").first()
    with recording(user) as notes:
        try:
            copied = new_case(tree, **own)
        except TreeError as error:
            raise Refused(str(error)) from error
        notes.say(copied, EditAction.COPIED, str(case), origin=last.pk if last else None)
        return copied


def restore_entry(entry: HistoryEntry, case: Case, user: AbstractBaseUser, comment: str = "") -> Case:
    """Puts a state of the history back, whole. Returns the case that has it now.

    A draft takes it at once. Into a published or archived case it goes by a working revision, to be reviewed; but a
    reviewer puts back at once what was public before. Whether the case is public stays. Raises Refused.
    """
    state = history.state_of(entry)
    with transaction.atomic():
        fresh = Case.objects.select_for_update().get(pk=case.pk)
        note = comment or _("The state of %(when)s") % {
            "when": date_format(timezone.localtime(entry.at), "DATETIME_FORMAT")
        }
        with recording(user) as notes:
            target = _place_for(entry, fresh, user)
            former = target.slug
            try:
                _check_address(live_of(target), state.tree[CASE][ROOT]["slug"])
                content = without_links_to_itself(state.tree, live_of(target))
                history.restore(target, State(content, state.targets), keep=STATE_FIELDS)
                if not target.is_revision and was_public(target):
                    _keep_address(target, former)
            except TreeError as error:
                raise Refused(str(error)) from error
            Case.objects.filter(pk=target.pk).update(version=target.version + 1, updated_at=timezone.now())
            target.refresh_from_db()
            notes.say(target, EditAction.RESTORED, note, origin=entry.pk)
            return target


def _place_for(entry: HistoryEntry, case: Case, user: Any) -> Case:
    if may_edit(user, case):
        return case
    if case.status == Status.PUBLISHED and entry.status == Status.PUBLISHED and user.has_perm(REVIEW):
        if revision_of(case) is not None:
            raise Refused(_("There is a working revision: publish or discard it first."))
        return case
    if case.is_revision or case.status not in (Status.PUBLISHED, Status.ARCHIVED) or not user.has_perm(CHANGE):
        raise Refused(_("You cannot change the case while it is: %(state)s.") % {"state": state_label(case)})
    revision = revision_of(case)
    if revision is None:
        return start_revision(case)
    if not may_edit(user, revision):
        raise Refused(_("There is a working revision in review: have it returned or published first."))
    return revision


def revive_case(entry: HistoryEntry, user: AbstractBaseUser) -> Case:
    """Brings a case back that was discarded or deleted, as a draft. Raises Refused."""
    state = history.state_of(entry)
    fields = state.tree[CASE][ROOT]
    live = Case.objects.live()
    if Case.objects.filter(pk=entry.object_id).exists():
        raise Refused(_("The case is there."))
    own: dict[str, Any] = {"status": Status.DRAFT}
    if live.filter(slug=fields["slug"]).exists() or CaseRedirect.objects.filter(old_slug=fields["slug"]).exists():
        own["slug"] = f"{fields['slug'][:80]}-{entry.pk}"
    if live.filter(collection__slug=fields["collection"][0], ordinal=fields["ordinal"]).exists():
        own["ordinal"] = max(live.values_list("ordinal", flat=True)) + 1
    with transaction.atomic(), recording(user) as notes:
        try:
            shell = {CASE: {ROOT: fields}}
            case = new_case(shell, **own)
            history.restore(case, state, keep=frozenset({"status", *own}))
        except TreeError as error:
            raise Refused(str(error)) from error
        notes.say(case, EditAction.RESTORED, _("Brought back"), origin=entry.pk)
        return case
