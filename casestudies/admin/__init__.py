"""The editors' side of the portal: Django's own admin, with a case in several forms under one roof (see `parts`)."""

from django.contrib import admin

from recommendations.models import Group, Recommendation, SubPoint

from . import base, cases, children, collisions, history, inbox, quality, reference, releases

# Part 3 has its history too; its own app knows nothing of the newsroom.
for model in (Group, Recommendation, SubPoint):
    plain = type(admin.site.get_model_admin(model))
    bases = (history.HistoryMixin, base.InUseMixin, collisions.CollisionMixin, plain)
    admin.site.unregister(model)
    admin.site.register(model, type(plain.__name__, bases, {"__doc__": plain.__doc__}))

__all__ = ["base", "cases", "children", "collisions", "history", "inbox", "quality", "reference", "releases"]
