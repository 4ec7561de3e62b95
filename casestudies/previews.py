"""Drafts as visitors would see them: for staff, and by link for a partner without an account.

A link's address holds a random key, signed by the site. The database has the key's hash alone: neither who reads the
database nor who guesses has a valid address, and a link is revoked by a word in its row.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from .choices import EditAction
from .index import current
from .likeness import comparable_to
from .models import Case, HistoryEntry, PreviewLink
from .page import CasePage

#: For how many days a link can be valid.
DAYS = (1, 7, 30)
#: Visits within such a time count as one, so that a busy reader writes no row each time.
ONE_VISIT = datetime.timedelta(minutes=1)
_signer = signing.Signer(salt="casestudies.previews", sep=".")


def preview_context(pk: int) -> dict[str, Any] | None:
    """What the template of a case's page shows of one that is not public; None where there is none."""
    case = Case.objects.for_page().filter(pk=pk).first()
    if case is None:
        return None
    return {
        "case": case,
        "page": CasePage(case),
        "comparable": comparable_to(current(), case),
        "is_preview": True,
    }


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def make_link(case: Case, user: AbstractBaseUser, for_whom: str, days: int) -> tuple[PreviewLink, str]:
    """A new link to a draft, and the token of its address, which nobody can read again afterwards.

    Raises ValueError for another number of days than one of DAYS.
    """
    if days not in DAYS:
        raise ValueError(f"A link is valid for {DAYS} days, not {days}.")
    key, now = secrets.token_urlsafe(32), timezone.now()
    link = PreviewLink.objects.create(
        object_id=case.pk,
        of_id=case.revises_id or case.pk,
        for_whom=for_whom,
        digest=_digest(key),
        created_by=user,
        created_by_name=str(user.get_full_name() or user.get_username())[:200],
        created_at=now,
        expires_at=now + datetime.timedelta(days=days),
    )
    return link, _signer.sign(key)


def find_link(token: str) -> PreviewLink | None:
    """The link of a token, open or not; None for one that this site did not give out."""
    try:
        digest = _digest(_signer.unsign(token))
    except signing.BadSignature:
        return None
    link = PreviewLink.objects.filter(digest=digest).first()
    return link if link is not None and constant_time_compare(link.digest, digest) else None


def revoke_link(link: PreviewLink, user: AbstractBaseUser) -> None:
    """Ends a link now. One that is revoked stays as it is."""
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = timezone.now(), user
        link.save(update_fields=["revoked_at", "revoked_by"])


def count_visit(link: PreviewLink) -> None:
    """Notes that somebody followed a link; at most one write in ONE_VISIT."""
    now = timezone.now()
    late = Q(visited_at__isnull=True) | Q(visited_at__lte=now - ONE_VISIT)
    PreviewLink.objects.filter(late, pk=link.pk).update(visits=F("visits") + 1, visited_at=now)


def _was_discarded(pk: int) -> bool:
    entries = HistoryEntry.objects.filter(model=Case._meta.label_lower, object_id=pk)
    last = entries.order_by("-pk").values_list("action", flat=True).first()
    return last in (EditAction.DISCARDED, EditAction.DELETED)


def public_address(link: PreviewLink) -> str:
    """Where what a link led to is public now, or was before it was archived; empty where it is not.

    A working revision that is published is no more: its live case has its text.
    """
    if Case.objects.filter(pk=link.object_id).exists():
        found = link.object_id
    elif link.of_id != link.object_id and not _was_discarded(link.object_id):
        found = link.of_id
    else:
        return ""
    public = Case.objects.published() | Case.objects.archived()
    case = public.filter(pk=found).first()
    return case.get_absolute_url() if case else ""
