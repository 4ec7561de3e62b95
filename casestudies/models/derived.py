"""What is derived from the collection and can be made anew at any time: its version, and the words to search by."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DataVersion(models.Model):
    """One row: a number that moves with every change of what visitors see, in the transaction that makes the change.

    Each process keeps an index of the collection and makes it anew when the row has moved. It compares the token, which
    is another one at every move: the number of a move that was rolled back comes again.
    """

    ROW = 1

    number = models.PositiveBigIntegerField(_("number"), default=0)
    token = models.CharField(_("token"), max_length=32, blank=True)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    # By which rules the words to search by were made; other rules make them anew.
    search_rules = models.PositiveIntegerField(_("rules of the search"), default=0)

    class Meta:
        verbose_name = _("version of the data")
        verbose_name_plural = _("version of the data")

    def __str__(self) -> str:
        return str(self.number)


class SearchText(models.Model):
    """The words by which a published case, or something that cases share, is found.

    `tokens` are the distinct words and stems, each with its zone; `words` is the folded text in order, for phrases.
    A full-text index of the database stands on `tokens` (see the migration that makes this table).
    """

    class Kind(models.TextChoices):
        """What the words belong to."""

        CASE = "case", _("case")
        TERM = "term", _("term")
        ORGANIZATION = "organization", _("organization")
        SOURCE = "source", _("source")
        RECOMMENDATION = "recommendation", _("recommendation")
        COUNTRY = "country", _("country")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    object_id = models.PositiveBigIntegerField(_("object"))
    tokens = models.TextField(_("words and stems"), blank=True)
    words = models.TextField(_("text in order"), blank=True)
    # 0: the words are those of the data. Else another number at every change, compared when the words are written, so
    # that no change is lost between.
    changes = models.PositiveIntegerField(_("changes since"), default=1)

    class Meta:
        verbose_name = _("words to search by")
        verbose_name_plural = _("words to search by")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="searchtext_unique_object")]
        indexes = [
            # The look before every search: is anything out of date?
            models.Index(fields=["kind"], condition=models.Q(changes__gt=0), name="searchtext_out_of_date"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
