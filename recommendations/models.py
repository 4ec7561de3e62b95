"""Part 3 of the paper: 26 recommendations in seven groups.

This app knows nothing of the cases: the link from a case to a recommendation is
`casestudies.models.Illustration`.
"""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class GroupQuerySet(models.QuerySet):
    """Groups, found in fixtures by their slug."""

    def get_by_natural_key(self, slug: str) -> Group:
        return self.get(slug=slug)


class Group(models.Model):
    """A theme or an addressee under which Part 3 sets out recommendations."""

    slug = models.SlugField(_("slug"), max_length=80)
    title = models.CharField(_("title"), max_length=200)
    introduction = models.TextField(_("introduction"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ("position", "slug")
        verbose_name = _("group of recommendations")
        verbose_name_plural = _("groups of recommendations")
        constraints = [models.UniqueConstraint(fields=["slug"], name="group_unique_slug")]

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class RecommendationQuerySet(models.QuerySet):
    """Recommendations, found in fixtures by their number."""

    def get_by_natural_key(self, number: int) -> Recommendation:
        return self.get(number=number)

    def in_groups(self) -> RecommendationQuerySet:
        """Every recommendation with its group, in the order of Part 3 (one query)."""
        return self.select_related("group").order_by("group__position", "number")


class Recommendation(models.Model):
    """One of the recommendations of Part 3, in our words."""

    number = models.PositiveSmallIntegerField(_("number"))
    group = models.ForeignKey(Group, verbose_name=_("group"), on_delete=models.PROTECT, related_name="recommendations")
    title = models.CharField(_("short title"), max_length=200)
    text = models.TextField(_("text"))

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        ordering = ("number",)
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="recommendation_unique_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="recommendation_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    def natural_key(self) -> tuple[int]:
        return (self.number,)


class SubPointQuerySet(models.QuerySet):
    """Sub-points, found in fixtures by the recommendation's number and their letter."""

    def get_by_natural_key(self, number: int, letter: str) -> SubPoint:
        return self.get(recommendation__number=number, letter=letter)


class SubPoint(models.Model):
    """A lettered part of a recommendation (14 has three) that a case can illustrate apart."""

    recommendation = models.ForeignKey(
        Recommendation, verbose_name=_("recommendation"), on_delete=models.CASCADE, related_name="subpoints"
    )
    letter = models.CharField(
        _("letter"), max_length=1, validators=[RegexValidator(r"^[a-z]\Z", _("One lower-case letter from a to z."))]
    )
    title = models.CharField(_("short title"), max_length=200)
    text = models.TextField(_("text"))

    objects = SubPointQuerySet.as_manager()

    class Meta:
        ordering = ("recommendation", "letter")
        verbose_name = _("sub-point")
        verbose_name_plural = _("sub-points")
        constraints = [models.UniqueConstraint(fields=["recommendation", "letter"], name="subpoint_unique_letter")]

    def __str__(self) -> str:
        return f"{self.label}. {self.title}"

    @property
    def label(self) -> str:
        """How the sub-point is cited: «14a»."""
        return f"{self.recommendation.number}{self.letter}"

    def natural_key(self) -> tuple[int, str]:
        return (self.recommendation.number, self.letter)

    natural_key.dependencies = ["recommendations.recommendation"]
