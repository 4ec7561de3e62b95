"""Takes what visitors write: who sends is told apart for an hour, how much may come is limited, the staff are told."""

from __future__ import annotations

import datetime
import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from mainstreaming.addresses import told_apart

from .choices import MessageStatus
from .models import Message

log = logging.getLogger(__name__)

HOUR = datetime.timedelta(hours=1)


class TooManyError(Exception):
    """No further message is taken this hour; the reason is for the visitor."""


def sender_of(address: str, day: datetime.date) -> str:
    """A hash that tells senders of one day apart and says nothing of them; empty where there is no address.

    Keyed with the site's secret, another one each day. Of an IPv6 address the first 64 bits count: the rest is
    the sender's own to choose.
    """
    ip = told_apart(address)
    if ip is None:
        return ""
    return salted_hmac("casestudies.inbox", f"{day.isoformat()} {ip}", algorithm="sha256").hexdigest()


def receive(message: Message, address: str, now: datetime.datetime) -> bool:
    """Stores the message. Returns False for one that is there already: somebody pressed twice.

    Raises TooManyError over the limits of an hour. Spam and the rest are counted apart in all, so that a flood that
    the trap caught keeps nobody else out.
    """
    with transaction.atomic():
        # Nobody needs to know longer who the sender of which was.
        Message.objects.filter(created_at__lte=now - HOUR).exclude(sender="").update(sender="")
        recent = Message.objects.filter(created_at__gt=now - HOUR)
        senders = {sender_of(address, moment.date()) for moment in (now, now - HOUR)} - {""}
        own = recent.filter(sender__in=senders)
        if own.filter(text=message.text, kind=message.kind, case=message.case).exists():
            return False
        if own.count() >= settings.MESSAGES_PER_SENDER:
            raise TooManyError(_("You have sent several messages within an hour. Please send this one later."))
        is_spam = Q(status=MessageStatus.SPAM)
        if recent.filter(is_spam if message.status == MessageStatus.SPAM else ~is_spam).count() >= (
            settings.MESSAGES_PER_HOUR
        ):
            raise TooManyError(_("More messages than usual are coming in. Please send this one in an hour."))
        message.sender = sender_of(address, now.date())
        message.created_at = now
        message.save()
    return True


def tell_staff(message: Message, url: str) -> None:
    """An e-mail that says where the message can be read; not what it says or who sent it. A failure is logged only."""
    if not settings.CONTACT_EMAIL or message.status == MessageStatus.SPAM:
        return
    subject = _("A message of a visitor: %(kind)s") % {"kind": message.get_kind_display()}
    about = _("It is about %(case)s.") % {"case": message.case} if message.case else ""
    body = "\n".join(filter(None, [_("A visitor of the casebook has written to you."), about, url]))
    try:
        EmailMessage(subject, body, from_email=settings.CONTACT_EMAIL, to=[settings.CONTACT_EMAIL]).send()
    except Exception:
        # Whatever the mail server does, the message is stored, and the visitor has done nothing wrong.
        log.exception("No e-mail about message %s could be sent.", message.pk)
