"""What happens to accounts beside signing in, which django-axes keeps."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What can happen to an account."""

    RESET_ASKED = "reset-asked", _("Password reset asked for")
    PASSWORD_CHANGED = "password-changed", _("Password changed")
    LINK_MADE = "link-made", _("Link to set a password made")
    FACTOR_SET = "factor-set", _("Second factor set up")
    FACTOR_REMOVED = "factor-removed", _("Second factor removed")
    CODES_MADE = "codes-made", _("Recovery codes made")
    LOCK_LIFTED = "lock-lifted", _("Lock after failed logins lifted")


class AccountEvent(models.Model):
    """One thing that happened to an account. Names, not links: an entry outlives the account."""

    kind = models.CharField(_("kind"), max_length=20, choices=EventKind)
    who = models.CharField(_("who did it"), max_length=150, blank=True)
    about = models.CharField(_("whose account"), max_length=150, blank=True)
    address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    when = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("event of an account")
        verbose_name_plural = _("events of accounts")
        default_permissions = ()
        indexes = [models.Index(fields=["kind", "when"], name="event_kind_when")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about}"
