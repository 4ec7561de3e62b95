"""What the first page of the admin shows. Named as a library of tags in the settings: pages of the site know it not."""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils.http import urlencode

from ..choices import Status
from ..models import Case, HistoryEntry
from ..newsroom.dashboard import Dashboard, dashboard_of

register = template.Library()


@register.simple_tag(takes_context=True)
def dashboard(context: dict[str, Any]) -> Dashboard:
    """The lists of the person who is signed in."""
    return dashboard_of(context["request"].user)


@register.simple_tag
def case_list(name: str) -> str:
    """The address of the list that one of the dashboard's lists is the beginning of."""
    columns = admin.site.get_model_admin(Case).list_display
    queries = {
        "waiting": {"status__exact": Status.IN_REVIEW, "edition": "all"},
        "mine": {"mine": "1", "edition": "all"},
        "unchecked": {
            "status__exact": Status.PUBLISHED, "checked": "year", "o": columns.index("last_checked_on") + 1,
        },
        "edited": {"edition": "all", "o": -columns.index("updated_at") - 1},
    }  # fmt: skip
    return f"{reverse('admin:casestudies_case_changelist')}?{urlencode(queries[name])}"


@register.simple_tag
def page_of(entry: HistoryEntry) -> str:
    """The address of the row that an entry tells of."""
    app, _dot, model = entry.model.partition(".")
    return reverse(f"admin:{app}_{model}_change", args=[entry.object_id])


@register.simple_tag
def kind_of(entry: HistoryEntry) -> str:
    """What kind of row an entry tells of."""
    return str(apps.get_model(entry.model)._meta.verbose_name)
