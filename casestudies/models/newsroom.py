"""What the newsroom remembers: who changed what, when and why, and how it was then."""

from __future__ import annotations

import json
import zlib

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..choices import EditAction
from ..querysets import HistoryQuerySet


class HistoryEntry(models.Model):
    """One saved change of a case with everything under it, or of a row that cases share, and its state after it.

    An entry outlives what it tells of: it names its row by model and primary key, without a link. `content` is the
    state as a *tree* of `casestudies.collection.trees` with what it links to, compressed JSON. Entries are written
    once and never changed.
    """

    model = models.CharField(_("model"), max_length=100)
    object_id = models.PositiveBigIntegerField(_("row"))
    # The live case that a working revision revises; else the row itself.
    of_id = models.PositiveBigIntegerField(_("of"))
    name = models.CharField(_("name"), max_length=400, help_text=_("How the row read then."))
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    # Stays when the account goes.
    by_name = models.CharField(_("name of who"), max_length=200, blank=True)
    action = models.CharField(_("what"), max_length=20, choices=EditAction, default=EditAction.EDITED)
    comment = models.TextField(_("comment"), blank=True)
    # Of a case: its version and status after the change.
    version = models.PositiveIntegerField(_("version"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=20, blank=True)
    content = models.BinaryField(_("content"))
    digest = models.CharField(_("checksum of the content"), max_length=64)
    # The entry whose state this one begins with again: whoever worked on that worked on this (restored, copied).
    origin = models.PositiveBigIntegerField(_("from entry"), null=True, blank=True, editable=False)
    # How the content is laid out (see `newsroom.history.FORMAT`).
    layout = models.PositiveSmallIntegerField(_("layout"), default=1)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("entry of the history")
        verbose_name_plural = _("history")
        default_permissions = ("view",)
        indexes = [
            # The history of one row, newest first; of a case with its working revisions.
            models.Index(fields=["model", "of_id", "-at"], name="history_of_row"),
            # Publications and the like, newest first: audit list and dashboard.
            models.Index(fields=["action", "-at"], name="history_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_action_display()}"

    @property
    def data(self) -> dict:
        """The content: {"tree": …, "targets": …}."""
        return json.loads(zlib.decompress(self.content))


class PreviewLink(models.Model):
    """An address under which somebody without an account reads a draft, until a day or until it is revoked.

    It outlives what it leads to: the case is named by primary key, without a link. What the address holds is not
    stored, only its hash (see `previews`). Nothing is stored of those who follow it but how many and when the last.
    """

    # A draft or a working revision, and the live case that is public once it is published.
    object_id = models.PositiveBigIntegerField(_("row"))
    of_id = models.PositiveBigIntegerField(_("of"))
    for_whom = models.CharField(_("for whom"), max_length=200, help_text=_("Only staff see this."))
    digest = models.CharField(_("checksum of the key"), max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    created_by_name = models.CharField(_("name of who made it"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("revoked by"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    visits = models.PositiveIntegerField(_("visits"), default=0)
    visited_at = models.DateTimeField(_("last visit"), null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        # Who may change or review a case may make one of it (see `admin.previews`).
        default_permissions = ()
        indexes = [models.Index(fields=["of_id", "-created_at"], name="previewlink_of_case")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="previewlink_expires_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.for_whom

    @property
    def is_open(self) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and timezone.now() < self.expires_at
