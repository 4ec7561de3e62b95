"""Part 2 of the paper: the vocabularies that cases are classed by. Terms in use are retired, not deleted."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..querysets import SlugQuerySet, TermQuerySet


class Vocabulary(models.Model):
    """A list of terms: triggers, broad objectives, actor types, key mechanisms …"""

    slug = models.SlugField(
        _("slug"), max_length=60, help_text=_("Stable: it stands in addresses, files and downloads.")
    )
    label = models.CharField(_("label"), max_length=120, help_text=_("As readers see it, in the plural."))
    question = models.CharField(
        _("question"), max_length=200, blank=True, help_text=_("What a reader asks with it: «What triggered it?»")
    )
    definition = models.TextField(
        _("definition"),
        blank=True,
        help_text=_("What belongs into it, what does not, and whose list it is. Editors see it beside the form."),
    )
    place = models.CharField(
        _("place in the paper"),
        max_length=250,
        blank=True,
        help_text=_("Where Part 1 or 2 defines it: «Part 2, Actors»."),
    )
    is_ours = models.BooleanField(_("ours"), default=False, help_text=_("The list is the portal's, not the paper's."))
    is_single = models.BooleanField(
        _("one term a case"), default=False, help_text=_("Ticked: a case has one term of it at most.")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Vocabularies stand in this order.")
    )

    objects = SlugQuerySet.as_manager()

    class Meta:
        ordering = ("position", "slug")
        verbose_name = _("vocabulary")
        verbose_name_plural = _("vocabularies")
        constraints = [models.UniqueConstraint(fields=["slug"], name="vocabulary_unique_slug")]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("vocabulary", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class Term(models.Model):
    """One term of a vocabulary, in our words. Sub-types, reasons and sub-regions have a parent."""

    vocabulary = models.ForeignKey(
        Vocabulary,
        verbose_name=_("vocabulary"),
        on_delete=models.PROTECT,
        related_name="terms",
        help_text=_("The list that the term belongs to."),
    )
    slug = models.SlugField(
        _("slug"), max_length=80, help_text=_("Stable: it stands in addresses, files and downloads.")
    )
    label = models.CharField(_("label"), max_length=160, help_text=_("As readers see it, a few words."))
    definition = models.TextField(
        _("definition"), blank=True, help_text=_("What makes a case fall under it. Editors see it while they choose.")
    )
    usual_role = models.TextField(_("usual role"), blank=True, help_text=_("Actor types: what such actors usually do."))
    example = models.TextField(
        _("the paper's example"), blank=True, help_text=_("A case or two that the paper names for it, in our words.")
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent"),
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
        help_text=_("The term that it is a kind of; lists have two levels."),
    )
    place = models.CharField(
        _("place in the paper"), max_length=250, blank=True, help_text=_("Where Part 2 names it: «Part 2, Triggers».")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Terms stand in this order in their list.")
    )
    is_retired = models.BooleanField(
        _("retired"), default=False, help_text=_("No longer offered for new links; existing links stay.")
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        ordering = ("vocabulary__position", "position", "slug")
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            models.UniqueConstraint(fields=["vocabulary", "slug"], name="term_unique_slug"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="term_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("term", args=[self.vocabulary.slug, self.slug])

    def clean(self) -> None:
        """A parent stands in the same vocabulary, is not below the term itself, and has no parent of its own."""
        if self.parent is None:
            return
        if self.parent.vocabulary_id != self.vocabulary_id:
            raise ValidationError({"parent": _("The parent must be a term of the same vocabulary.")})
        if self.parent_id == self.pk or self.parent.parent_id is not None:
            raise ValidationError({"parent": _("Vocabularies have two levels: choose a term without a parent.")})

    def natural_key(self) -> tuple[str, str]:
        return (self.vocabulary.slug, self.slug)

    natural_key.dependencies = ["casestudies.vocabulary"]
