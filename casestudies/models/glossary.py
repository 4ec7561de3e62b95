"""The acronyms of the paper: what each stands for, and in which cases."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..querysets import AcronymQuerySet
from .base import Sortable
from .case import Case
from .reference import Organization


class Acronym(Sortable):
    """An acronym with its meaning.

    One acronym can stand for two bodies («CCCI» is one in Costa Rica and another in Switzerland): each is a row of its
    own, with the cases that use it in that meaning. Without cases it means the same everywhere.
    """

    BOOKKEEPING = frozenset({"sort_key"})
    SORTED_BY = "acronym"

    slug = models.SlugField(_("slug"), max_length=80, help_text=_("Stable: it names the row in files."))
    acronym = models.CharField(
        _("acronym"), max_length=40, help_text=_("In the singular: «LGU». The site knows the plural.")
    )
    meaning = models.CharField(_("meaning"), max_length=250, help_text=_("Written out in English."))
    original_meaning = models.CharField(
        _("meaning in its own language"), max_length=250, blank=True, help_text=_("Where that is not English.")
    )
    cases = models.ManyToManyField(
        Case,
        verbose_name=_("cases"),
        related_name="acronyms",
        blank=True,
        help_text=_("The cases that use it in this meaning. None: it means the same everywhere."),
    )
    organization = models.ForeignKey(
        Organization,
        verbose_name=_("the organization that it is"),
        on_delete=models.PROTECT,
        related_name="acronyms",
        null=True,
        blank=True,
        help_text=_("Where the acronym is the name of one of our organizations."),
    )
    is_in_list = models.BooleanField(
        _("in the paper's list of acronyms"), default=True, help_text=_("Untick it for one that only the cases use.")
    )
    note = models.TextField(_("note"), blank=True, help_text=_("For editors; visitors do not see it."))
    is_retired = models.BooleanField(_("retired"), default=False, help_text=_("No longer explained in texts."))

    objects = AcronymQuerySet.as_manager()

    class Meta:
        ordering = ("sort_key", "slug")
        verbose_name = _("acronym")
        verbose_name_plural = _("acronyms")
        constraints = [models.UniqueConstraint(fields=["slug"], name="acronym_unique_slug")]

    def __str__(self) -> str:
        return f"{self.acronym}: {self.meaning}"

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    natural_key.dependencies = ["casestudies.case", "casestudies.organization"]
