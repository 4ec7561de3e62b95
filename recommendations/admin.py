"""Part 3 in the admin: the groups, and each recommendation with its sub-points."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mainstreaming.formfields import PlainTextField

from .models import Group, Recommendation, SubPoint

PLAIN_TEXT = {models.TextField: {"form_class": PlainTextField}}


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin):
    """The themes and addressees."""

    list_display = ("title", "slug", "position", "how_many")
    search_fields = ("title", "slug", "introduction")
    formfield_overrides = PLAIN_TEXT

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of recommendations."""
        return super().get_queryset(request).annotate(recommendation_count=Count("recommendations"))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Group | None = None) -> dict[str, tuple[str, ...]]:
        """A slug is made from the title once; afterwards it is stable."""
        return {} if obj else {"slug": ("title",)}

    @admin.display(description=_("recommendations"), ordering="recommendation_count")
    def how_many(self, group: Group) -> int:
        """How many recommendations stand in the group."""
        return group.recommendation_count


class SubPointInline(admin.StackedInline):
    """The lettered parts of a recommendation."""

    model = SubPoint
    extra = 0
    fields = (("letter", "title"), "text")
    formfield_overrides = PLAIN_TEXT

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number that a sub-point is cited by."""
        return super().get_queryset(request).select_related("recommendation")


@admin.register(Recommendation)
class RecommendationAdmin(admin.ModelAdmin):
    """The recommendations in their order. One that a case illustrates cannot be deleted: the database protects it."""

    list_display = ("number", "title", "group")
    list_display_links = ("number", "title")
    list_filter = ("group",)
    list_select_related = ("group",)
    search_fields = ("=number", "title", "text", "subpoints__title")
    inlines = (SubPointInline,)
    fields = (("number", "group"), "title", "text")
    formfield_overrides = PLAIN_TEXT


@admin.register(SubPoint)
class SubPointAdmin(admin.ModelAdmin):
    """The sub-points of every recommendation."""

    list_display = ("label", "title", "recommendation")
    list_display_links = ("label", "title")
    list_select_related = ("recommendation",)
    search_fields = ("title", "text", "recommendation__title")
    autocomplete_fields = ("recommendation",)
    formfield_overrides = PLAIN_TEXT

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number that a sub-point is cited by."""
        return super().get_queryset(request).select_related("recommendation")
