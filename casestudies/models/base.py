"""What the rows of a case's tree have in common: a stable key, an order, a citation."""

from __future__ import annotations

import secrets

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from ..querysets import CaseChildQuerySet
from ..text import fold

KEY = RegexValidator(r"^[a-z0-9][a-z0-9-]*\Z", _("Lower-case letters, digits and hyphens only."))

# «Part 4.12, Implementation»; several places are joined by «; ».
PLACE_PATTERN = r"^Part [1-4](\.\d+)?, [^;]+(; Part [1-4](\.\d+)?, [^;]+)*\Z"
PLACE = RegexValidator(PLACE_PATTERN, _("Write «Part 4.12, Implementation»; join several places with «; »."))


def new_key() -> str:
    """A key for a row made by hand, where no readable one was given: random, so that two editors never collide."""
    return f"k{secrets.token_hex(5)}"


class Sortable(models.Model):
    """A row with a folded sort key: every database sorts names alike, «Åland» with the a's, «État» with the e's."""

    SORTED_BY = "name"

    sort_key = models.CharField(max_length=250, editable=False, default="")

    class Meta:
        abstract = True


@receiver(pre_save)
def keep_sort_key(sender: type[models.Model], instance: models.Model, **kwargs) -> None:
    """Set the sort key on every save. A signal because `loaddata` saves past `save()`."""
    if issubclass(sender, Sortable):
        instance.sort_key = fold(getattr(instance, sender.SORTED_BY))[:250]


class Cited(models.Model):
    """A row that says where it stands in the paper and, where a note cites one, in which work."""

    place = models.CharField(
        _("place in the paper"),
        max_length=250,
        blank=True,
        validators=[PLACE],
        help_text=_("For instance «Part 4.12, Implementation». Join several places with «; »."),
    )
    source = models.ForeignKey(
        "casestudies.Source",
        verbose_name=_("work cited"),
        on_delete=models.PROTECT,
        related_name="%(class)ss",
        null=True,
        blank=True,
        help_text=_("The work that the paper's note names for this statement. Empty where the paper cites none."),
    )
    source_detail = models.CharField(
        _("where in the work"),
        max_length=120,
        blank=True,
        help_text=_("A page, an article or the paper's note: «p. 13», «note 98»."),
    )

    class Meta:
        abstract = True


class CaseChild(models.Model):
    """A row of a case's tree.

    `key` is stable within the case: an edit of a row is an edit, and a working revision's row replaces the published
    row of the same key instead of being deleted and added.
    """

    case = models.ForeignKey(
        "casestudies.Case", verbose_name=_("case"), on_delete=models.CASCADE, related_name="%(class)ss"
    )
    key = models.CharField(
        _("key"),
        max_length=80,
        blank=True,
        validators=[KEY],
        help_text=_("A short name of the row, stable for ever. Made up where left empty."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"),
        default=0,
        help_text=_("Rows stand in this order, the lowest first. Left empty, a new row comes last."),
    )

    objects = CaseChildQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("position", "key")
        constraints = [
            models.UniqueConstraint(fields=["case", "key"], name="%(class)s_unique_key"),
            models.CheckConstraint(condition=~models.Q(key=""), name="%(class)s_key_not_empty"),
        ]

    def save(self, *args, **kwargs) -> None:
        if not self.key:
            self.key = new_key()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "key"}
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str, ...]:
        return (*self.case.natural_key(), self.key)

    natural_key.dependencies = ["casestudies.case"]
