"""What ties a case to Part 3 and to its sources, and what the editors have to say of it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.models import Recommendation, SubPoint

from ..choices import NoteKind, Section, Strength
from .base import CaseChild, Cited
from .reference import Source


class Illustration(CaseChild, Cited):
    """A case illustrates a recommendation: how strongly, why, where in the paper that stands. An editorial reading."""

    recommendation = models.ForeignKey(
        Recommendation,
        verbose_name=_("recommendation"),
        on_delete=models.PROTECT,
        related_name="illustrations",
        help_text=_("The recommendation of Part 3 that the case gives an example of."),
    )
    subpoint = models.ForeignKey(
        SubPoint,
        verbose_name=_("sub-point"),
        on_delete=models.PROTECT,
        related_name="illustrations",
        null=True,
        blank=True,
        help_text=_("Only where the case illustrates this point of it and not the whole."),
    )
    strength = models.CharField(
        _("strength"),
        max_length=20,
        choices=Strength,
        help_text=_("Central: the case stands for it. Supporting: it is one side of the case."),
    )
    reason = models.TextField(_("why"), help_text=_("One to three sentences that name what the case did."))

    class Meta(CaseChild.Meta):
        verbose_name = _("illustration")
        verbose_name_plural = _("illustrations")
        ordering = ("recommendation__number", "subpoint__letter", "key")
        constraints = [
            *CaseChild.Meta.constraints,
            # Two constraints: SQL holds two nulls for different.
            models.UniqueConstraint(
                fields=["case", "recommendation"], condition=Q(subpoint__isnull=True), name="illustration_unique_whole"
            ),
            models.UniqueConstraint(
                fields=["case", "recommendation", "subpoint"],
                condition=Q(subpoint__isnull=False),
                name="illustration_unique_subpoint",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The recommendation's number, with the sub-point's letter: «14a»."""
        return self.subpoint.label if self.subpoint_id else str(self.recommendation.number)

    def clean(self) -> None:
        """A sub-point belongs to the recommendation."""
        if self.subpoint_id and self.subpoint.recommendation_id != self.recommendation_id:
            raise ValidationError({"subpoint": _("This is not a sub-point of the recommendation.")})


# What an editorial note can stand beside: the name in fixtures -> the rows' accessor on a case.
ABOUT_FIELDS = ("title", "name", "country", "budget", "purpose")


class EditorialNote(CaseChild, Cited):
    """A public remark beside a value: where the paper contradicts itself, or where the value is ours."""

    section = models.CharField(
        _("section"), max_length=40, choices=Section, blank=True, help_text=_("Empty: the whole case.")
    )
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=NoteKind,
        default=NoteKind.CONTRADICTION,
        help_text=_("Why the note is there. Readers see it as its heading."),
    )
    about = models.CharField(
        _("beside"),
        max_length=160,
        blank=True,
        help_text=_(
            "The row it stands beside, as «figures/members», or a field: title, name, country, budget, purpose."
        ),
    )
    text = models.TextField(
        _("text"), help_text=_("What readers should know, in a sentence or two: what the paper states in which place.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("editorial note")
        verbose_name_plural = _("editorial notes")

    def __str__(self) -> str:
        return self.text[:100]

    def clean(self) -> None:
        """`about` names a field of the case, or a row of its tree that exists."""
        if not self.about or self.about in ABOUT_FIELDS or self.case_id is None:
            return
        from . import child_accessors

        accessor, _slash, key = self.about.partition("/")
        if accessor not in child_accessors():
            raise ValidationError({"about": _("“%(name)s” is nothing that a case has.") % {"name": accessor}})
        if not getattr(self.case, accessor).filter(key=key).exists():
            raise ValidationError({"about": _("This case has no “%(about)s”.") % {"about": self.about}})


class CaseSource(CaseChild):
    """A work cited for a case: in which section, by which of the paper's notes, and for what."""

    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.PROTECT,
        related_name="casesources",
        help_text=_("A work in the paper's notes to this case."),
    )
    section = models.CharField(
        _("section"), max_length=40, choices=Section, help_text=_("The section whose text cites it.")
    )
    notes = models.CharField(_("notes of the paper"), max_length=80, blank=True, help_text=_("«99, 100, 101»"))
    supports = models.TextField(
        _("what it supports"), blank=True, help_text=_("What the case takes from it, in a few words.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("source of the case")
        verbose_name_plural = _("sources of the case")
        constraints = [
            *CaseChild.Meta.constraints,
            models.UniqueConstraint(fields=["case", "source", "section"], name="casesource_unique"),
        ]

    def __str__(self) -> str:
        return str(self.source)
