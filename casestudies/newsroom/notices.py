"""E-mail to those whom a step concerns: reviewers when something waits, authors when it comes back or is out."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from ..choices import EditAction

log = logging.getLogger(__name__)


class Notice(NamedTuple):
    """What happened to which case (as it reads), by whom, with what comment; where it is to be found."""

    action: str
    case: str
    by: str
    comment: str
    url: str


#: The steps that authors are told of, besides `SUBMITTED`, which reviewers are.
FOR_AUTHORS = (EditAction.RETURNED, EditAction.PUBLISHED, EditAction.ARCHIVED, EditAction.REPUBLISHED)


def reviewers(permission: str) -> list[AbstractBaseUser]:
    """The accounts in use that hold a permission by a group or their own. Superusers only where nobody else does."""
    users = get_user_model().objects.with_perm(
        permission, backend="django.contrib.auth.backends.ModelBackend", include_superusers=False
    )
    found = list(users.filter(is_staff=True).order_by("pk"))
    return found or list(get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk"))


def accounts(pks: Iterable[int]) -> list[AbstractBaseUser]:
    """The accounts in use among those primary keys."""
    return list(get_user_model().objects.filter(pk__in=pks, is_active=True, is_staff=True).order_by("pk"))


def send(notice: Notice, to: Iterable[AbstractBaseUser]) -> int:
    """One e-mail to each who has an address; none to the others. Returns how many were sent. A failure is logged only.

    It names the case and holds the comment, not the text of the case.
    """
    subject = _("%(case)s: %(what)s") % {"case": notice.case, "what": EditAction(notice.action).label}
    said = _("%(who)s: %(what)s.") % {"who": notice.by, "what": EditAction(notice.action).label}
    body = "\n\n".join(filter(None, [notice.case, said, notice.comment, notice.url]))
    sent = 0
    for user in to:
        if not user.email:
            continue
        sender = settings.CONTACT_EMAIL or settings.DEFAULT_FROM_EMAIL
        try:
            sent += EmailMessage(" ".join(subject.split()), body, from_email=sender, to=[user.email]).send()
        except Exception:
            # Whatever the mail server does, the step is taken; the dashboard shows what waits.
            log.exception("No e-mail about %s could be sent to account %s.", notice.case, user.pk)
    return sent
