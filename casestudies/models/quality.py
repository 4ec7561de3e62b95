"""What the editors have looked at and found right as it is, although the quality report names it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..querysets import AcceptedFindingQuerySet


class AcceptedFinding(models.Model):
    """A row of the quality report that is no fault, with the reason: the paper is silent, or says no more.

    `subject` is what the report names: «nantes», «nantes/figures/members», or the slug of a source, an organization …
    """

    rule = models.CharField(_("rule"), max_length=60, help_text=_("The rule that finds it, as the report writes it."))
    subject = models.CharField(
        _("subject"), max_length=250, help_text=_("What the report names: the case, its row, or a slug.")
    )
    reason = models.TextField(
        _("reason"), help_text=_("Why it is right as it is: the paper is silent, or says no more.")
    )

    objects = AcceptedFindingQuerySet.as_manager()

    class Meta:
        ordering = ("rule", "subject")
        verbose_name = _("accepted finding")
        verbose_name_plural = _("accepted findings")
        constraints = [models.UniqueConstraint(fields=["rule", "subject"], name="acceptedfinding_unique")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}"

    def natural_key(self) -> tuple[str, str]:
        return (self.rule, self.subject)
