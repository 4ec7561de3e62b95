"""Spreadsheets that staff send back, from upload to result."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..choices import ImportState


class SheetImport(models.Model):
    """A workbook that somebody sent, what it would change as it was last checked, and whether that was done.

    `digest` tells what was shown from anything else: only that is applied. The file itself goes after a while.
    """

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    state = models.CharField(_("state"), max_length=20, choices=ImportState, default=ImportState.NEW)
    take_file = models.BooleanField(
        _("Take the file's values"),
        default=False,
        help_text=_("Also where a case was changed since the file was taken. The newer values are lost."),
    )
    remove_gone = models.BooleanField(
        _("Also remove rows that are gone"),
        default=False,
        help_text=_("Rows that a case has and its sheet has no longer, for cases that stand in the sheet “cases”."),
    )
    result = models.JSONField(_("result"), default=dict)
    digest = models.CharField(_("checksum of the result"), max_length=64, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        default_permissions = ()
        verbose_name = _("spreadsheet sent back")
        verbose_name_plural = _("spreadsheets sent back")

    def __str__(self) -> str:
        return self.name
