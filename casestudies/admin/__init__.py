"""The editors' side of the portal: Django's own admin, with a case in several forms under one roof (see `parts`)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from recommendations.models import Group, Recommendation, SubPoint

from . import base, cases, children, collisions, history, inbox, quality, reference, releases

admin.site.site_header = _("Mainstreaming Casebook")
admin.site.site_title = _("Mainstreaming Casebook")
admin.site.index_title = _("Cases, vocabularies and recommendations")

# Part 3 has its history too; its own app knows nothing of the newsroom.
for model in (Group, Recommendation, SubPoint):
    plain = type(admin.site.get_model_admin(model))
    admin.site.unregister(model)
    admin.site.register(
        model,
        type(
            plain.__name__,
            (history.HistoryMixin, base.InUseMixin, collisions.CollisionMixin, plain),
            {"__doc__": plain.__doc__},
        ),
    )

__all__ = ["base", "cases", "children", "collisions", "history", "inbox", "quality", "reference", "releases"]
