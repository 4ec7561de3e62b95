"""What the loader remembers, so that it never overwrites what staff changed or brings back what they removed."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LoadedRecord(models.Model):
    """A record of the fixtures as it was when it was last loaded.

    Staff changed a row where the row differs from this; they removed it where this is there and the row is not.
    """

    model = models.CharField(_("model"), max_length=100)
    natural_key = models.CharField(_("natural key"), max_length=400, help_text=_("As JSON."))
    fields = models.JSONField(_("fields"))
    loaded_at = models.DateTimeField(_("loaded"), default=timezone.now)

    class Meta:
        verbose_name = _("loaded record")
        verbose_name_plural = _("loaded records")
        constraints = [models.UniqueConstraint(fields=["model", "natural_key"], name="loadedrecord_unique")]

    def __str__(self) -> str:
        return f"{self.model} {self.natural_key}"
