"""The app's configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasestudiesConfig(AppConfig):
    """Parts 2 and 4 of the paper: vocabularies, cases on the grid, evidence."""

    name = "casestudies"
    verbose_name = _("Case studies")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Changes of the collection are noted from here on, and recorded where somebody is at work."""
        from . import changes
        from .newsroom import audited, history, sharing

        changes.connect()
        history.connect()
        audited.connect()
        sharing.connect()
