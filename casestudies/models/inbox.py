"""What visitors write to the staff. No part of the collection: never shown, never in its files or its downloads."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..choices import MessageKind, MessageStatus, Section
from .case import Case

SHORTEST, LONGEST = 10, 5000


class Message(models.Model):
    """A visitor's report of an error, or proposal of a case. Staff change nothing of it but its status and their note.

    It has no natural key: that keeps it out of the collection's files (see `collection.schema`).
    """

    kind = models.CharField(_("kind"), max_length=20, choices=MessageKind)
    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.SET_NULL, related_name="messages", null=True, blank=True
    )
    section = models.CharField(_("section"), max_length=40, choices=Section, blank=True)
    text = models.TextField(_("message"), validators=[MinLengthValidator(SHORTEST), MaxLengthValidator(LONGEST)])
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    came_from = models.CharField(_("came from"), max_length=250, blank=True, help_text=_("A path of this site."))
    created_at = models.DateTimeField(_("sent"), default=timezone.now)
    status = models.CharField(_("status"), max_length=20, choices=MessageStatus, default=MessageStatus.NEW)
    note = models.TextField(_("note"), blank=True, help_text=_("For the staff only."))
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("handled by"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    # Tells for an hour whether two messages have one sender, and is then emptied (see `casestudies.inbox`).
    sender = models.CharField(_("sender"), max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = _("message of a visitor")
        verbose_name_plural = _("messages of visitors")
        constraints = [
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("text"), SHORTEST) & LessThanOrEqual(Length("text"), LONGEST),
                name="message_text_length",
            ),
            models.CheckConstraint(
                condition=Q(came_from="") | Q(came_from__startswith="/"), name="message_came_from_is_a_path"
            ),
            models.CheckConstraint(
                condition=~Q(status=MessageStatus.NEW) | Q(handled_by__isnull=True), name="message_new_is_not_handled"
            ),
        ]
        indexes = [
            # How many came within the hour.
            models.Index(fields=["created_at"], name="message_created"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"
