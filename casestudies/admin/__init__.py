"""The editors' side of the portal: Django's own admin, with a case in several forms under one roof (see `parts`)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import cases, children, inbox, quality, reference, releases

admin.site.site_header = _("Mainstreaming Casebook")
admin.site.site_title = _("Mainstreaming Casebook")
admin.site.index_title = _("Cases, vocabularies and recommendations")

__all__ = ["cases", "children", "inbox", "quality", "reference", "releases"]
