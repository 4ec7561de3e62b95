"""A case: the root of its tree, its periods, its places, its budget, its links to other cases."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..choices import BAND_LIMITS, BudgetPeriod, BudgetStatus, Status
from ..querysets import REVISION, CaseLinkQuerySet, CaseQuerySet
from .base import CaseChild, Cited, Sortable
from .reference import Collection, Country, Currency, Organization

MONTH = [MinValueValidator(1), MaxValueValidator(12)]
YEAR = [MinValueValidator(1000), MaxValueValidator(9999)]


def span_constraint(start: str, end: str) -> Q:
    """The end is not before the start, by year and, in the same year, by month; unknown values pass.

    `start` and `end` are the prefixes of the fields: `<prefix>_year`, `<prefix>_month`.
    """
    same_year_ok = (
        Q(**{f"{start}_month__isnull": True})
        | Q(**{f"{end}_month__isnull": True})
        | Q(**{f"{end}_month__gte": F(f"{start}_month")})
    )
    return (
        Q(**{f"{start}_year__isnull": True})
        | Q(**{f"{end}_year__isnull": True})
        | Q(**{f"{end}_year__gt": F(f"{start}_year")})
        | (Q(**{f"{end}_year": F(f"{start}_year")}) & same_year_ok)
    )


def month_constraint(prefix: str) -> Q:
    """A month lies in 1–12 and has a year."""
    return Q(**{f"{prefix}_month__isnull": True}) | Q(
        **{f"{prefix}_month__range": (1, 12), f"{prefix}_year__isnull": False}
    )


class Case(Sortable):
    """One local initiative, described on the paper's analytical grid.

    A published case can have one *working revision*: a second row, with a whole tree of its own, that `revises` the
    first. Slugs and ordinals are unique among live cases only, so that both stand side by side.
    """

    BOOKKEEPING = frozenset({"created_at", "updated_at", "version", "sort_key"})
    SORTED_BY = "title"

    collection = models.ForeignKey(
        Collection,
        verbose_name=_("collection"),
        on_delete=models.PROTECT,
        related_name="cases",
        help_text=_("The publication that the case belongs to; it gives the number its prefix."),
    )
    ordinal = models.PositiveIntegerField(
        _("number in the collection"), help_text=_("10 is shown as «4.10» in a collection whose prefix is «4.».")
    )
    slug = models.SlugField(_("slug"), max_length=100, help_text=_("Stable: it is the case's address."))
    revises = models.OneToOneField(
        "self", verbose_name=_("revises"), on_delete=models.CASCADE, related_name="revision", null=True, blank=True
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Status,
        default=Status.DRAFT,
        help_text=_("Visitors see published cases only; an archived case leaves a page that says so."),
    )
    name = models.CharField(
        _("short name"), max_length=120, help_text=_("The territory, as in «Vaud» or «New York City».")
    )
    title = models.CharField(_("title"), max_length=250, help_text=_("As printed at the head of the section."))
    contents_title = models.CharField(
        _("title in the contents list"),
        max_length=250,
        blank=True,
        help_text=_("As printed in the paper's list of cases."),
    )
    original_title = models.CharField(
        _("title in its own language"),
        max_length=250,
        blank=True,
        help_text=_("The initiative's own name where that is not English, with its accents."),
    )
    acronym = models.CharField(
        _("acronym"), max_length=40, blank=True, help_text=_("Of the initiative, as the paper writes it: «QLIP».")
    )
    country = models.ForeignKey(
        Country,
        verbose_name=_("country"),
        on_delete=models.PROTECT,
        related_name="cases",
        help_text=_("Where the territory lies. The region follows from it."),
    )
    purpose = models.TextField(
        _("purpose"),
        blank=True,
        help_text=_(
            "One or two sentences on what the initiative is for. They stand in lists and at the head of its page."
        ),
    )
    is_jmdi_supported = models.BooleanField(
        _("supported by the JMDI"),
        default=False,
        help_text=_("Tick it only where the paper says that the JMDI funded or supported the initiative."),
    )
    last_checked_on = models.DateField(
        _("last checked on"),
        null=True,
        blank=True,
        help_text=_("When somebody last held the whole case against its sources."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last edited"), default=timezone.now, editable=False)
    # Moves with every save; the admin refuses a save made on an older one.
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ("collection__position", "ordinal", "slug")
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        # What Django's own permissions do not tell apart (see `newsroom.workflow`).
        permissions = [
            ("submit_case", _("Can submit cases for review")),
            ("review_case", _("Can publish cases and return them")),
            ("archive_case", _("Can archive cases and publish them again")),
            ("edit_shared", _("Can change what published cases share")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["slug"], condition=Q(revises__isnull=True), name="case_unique_slug"),
            models.UniqueConstraint(
                fields=["collection", "ordinal"], condition=Q(revises__isnull=True), name="case_unique_ordinal"
            ),
            models.CheckConstraint(condition=Q(ordinal__gte=1), name="case_ordinal_from_1"),
            models.CheckConstraint(
                condition=Q(revises__isnull=True) | Q(status__in=(Status.DRAFT, Status.IN_REVIEW)),
                name="case_revision_not_published",
            ),
            models.CheckConstraint(
                condition=Q(revises__isnull=True) | ~Q(revises=F("id")), name="case_does_not_revise_itself"
            ),
        ]
        indexes = [
            # The visibility gate, on every public page.
            models.Index(fields=["status", "revises"], name="case_gate"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def number(self) -> str:
        """The number as shown: «4.10»."""
        return f"{self.collection.number_prefix}{self.ordinal}"

    @property
    def is_revision(self) -> bool:
        return self.revises_id is not None

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("case", args=[self.slug])

    def clean(self) -> None:
        """A working revision revises a live case, never another revision."""
        if self.revises is not None and self.revises.revises_id is not None:
            raise ValidationError({"revises": _("A working revision cannot be revised itself.")})

    def natural_key(self) -> tuple[str, ...]:
        if self.revises_id is not None:
            return (self.revises.slug, REVISION)
        return (self.slug,)

    natural_key.dependencies = ["casestudies.collection", "casestudies.country"]


class CaseRedirectQuerySet(models.QuerySet):
    """Former addresses, found in fixtures by the former slug."""

    def get_by_natural_key(self, old_slug: str) -> CaseRedirect:
        return self.get(old_slug=old_slug)


class CaseRedirect(models.Model):
    """An address that a case had before its slug changed."""

    old_slug = models.SlugField(
        _("former slug"), max_length=100, help_text=_("An address that the case had before. It keeps leading here.")
    )
    case = models.ForeignKey(Case, verbose_name=_("case"), on_delete=models.CASCADE, related_name="redirects")

    objects = CaseRedirectQuerySet.as_manager()

    class Meta:
        ordering = ("old_slug",)
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        constraints = [models.UniqueConstraint(fields=["old_slug"], name="caseredirect_unique_slug")]

    def __str__(self) -> str:
        return self.old_slug

    def natural_key(self) -> tuple[str]:
        return (self.old_slug,)

    natural_key.dependencies = ["casestudies.case"]


class Period(CaseChild, Cited):
    """A span in which the initiative ran. Plan years and horizons are milestones, not periods."""

    label = models.CharField(
        _("label"),
        max_length=160,
        blank=True,
        help_text=_("What ran in these years, where a case has several periods: «pilot phase»."),
    )
    stated = models.CharField(
        _("as stated"), max_length=160, blank=True, help_text=_("The years in the paper's own wording: «since 2009».")
    )
    start_year = models.PositiveSmallIntegerField(
        _("start year"),
        null=True,
        blank=True,
        validators=YEAR,
        help_text=_("Four digits. Empty where the paper gives no start."),
    )
    start_month = models.PositiveSmallIntegerField(
        _("start month"), null=True, blank=True, validators=MONTH, help_text=_("1 to 12, and only with a year.")
    )
    end_year = models.PositiveSmallIntegerField(
        _("end year"),
        null=True,
        blank=True,
        validators=YEAR,
        help_text=_("Four digits. Empty while it runs, or where the paper gives no end."),
    )
    end_month = models.PositiveSmallIntegerField(
        _("end month"), null=True, blank=True, validators=MONTH, help_text=_("1 to 12, and only with a year.")
    )
    is_ongoing = models.BooleanField(
        _("ongoing in the collection's year"),
        default=False,
        help_text=_("It still ran in the collection's year. Then it has no end."),
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints = [
            *CaseChild.Meta.constraints,
            models.CheckConstraint(condition=span_constraint("start", "end"), name="period_end_not_before_start"),
            models.CheckConstraint(
                condition=month_constraint("start") & month_constraint("end"), name="period_months_valid"
            ),
            models.CheckConstraint(
                condition=Q(is_ongoing=False) | Q(end_year__isnull=True), name="period_ongoing_without_end"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.stated or str(self.start_year or self.key)


class CasePlace(CaseChild, Cited):
    """A place where the initiative acts, with approximate coordinates of ours."""

    name = models.CharField(_("name"), max_length=160, help_text=_("The territory in English: «Canton of Vaud»."))
    original_name = models.CharField(
        _("name in its own language"), max_length=160, blank=True, help_text=_("Where it differs: «Canton de Vaud».")
    )
    kind = models.CharField(_("kind of place"), max_length=80, blank=True, help_text=_("Canton, region, city …"))
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("Degrees north, south with a minus: 46.5200. With the longitude or not at all."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("Degrees east, west with a minus: 6.6300. The point is approximate and ours."),
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [
            *CaseChild.Meta.constraints,
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    # SQL lets a check pass that is neither true nor false.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="caseplace_coordinates_valid",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CaseLink(CaseChild, Cited):
    """A link from a case to another one, with what joins them."""

    other = models.ForeignKey(
        Case,
        verbose_name=_("other case"),
        on_delete=models.CASCADE,
        related_name="linked_from",
        help_text=_("A case that this one's text names or works with."),
    )
    text = models.TextField(_("what joins them"), help_text=_("One sentence, for readers of both cases."))

    objects = CaseLinkQuerySet.as_manager()

    class Meta(CaseChild.Meta):
        verbose_name = _("link to another case")
        verbose_name_plural = _("links to other cases")
        constraints = [
            *CaseChild.Meta.constraints,
            models.UniqueConstraint(fields=["case", "other"], name="caselink_unique"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="caselink_not_to_itself"),
        ]

    def __str__(self) -> str:
        return str(self.other)


def budget_band(total: Decimal | None, currency: Currency | None) -> str:
    """The band of a total in its own currency, by the currency's documented rate.

    Empty where there is no total or no rate. Ours, for filtering only: no converted sum is stored or shown.
    """
    if total is None or currency is None or currency.usd_value is None:
        return ""
    return next(band for band, limit in BAND_LIMITS if limit is None or total * currency.usd_value < limit)


class BudgetQuerySet(models.QuerySet):
    """Budgets, found in fixtures by their case."""

    def get_by_natural_key(self, *case_key: str) -> Budget:
        return self.get(case=Case.objects.db_manager(self.db).get_by_natural_key(*case_key))


class Budget(Cited):
    """What the paper says of a case's money: the total as stated, never a forced sum; or that nothing is said."""

    case = models.OneToOneField(Case, verbose_name=_("case"), on_delete=models.CASCADE, related_name="budget")
    status = models.CharField(
        _("what is said"),
        max_length=20,
        choices=BudgetStatus,
        default=BudgetStatus.NOT_REPORTED,
        help_text=_("Choose what the paper does say. Where it is silent, that is an answer too."),
    )
    total = models.DecimalField(
        _("total as stated"),
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Digits only, as the paper states it; never a sum of ours, never 0 for «unknown»."),
    )
    currency = models.ForeignKey(
        Currency,
        verbose_name=_("currency"),
        on_delete=models.PROTECT,
        related_name="budgets",
        null=True,
        blank=True,
        help_text=_("The currency that the paper gives the total in. We do not convert."),
    )
    period = models.CharField(
        _("covers"),
        max_length=20,
        choices=BudgetPeriod,
        blank=True,
        help_text=_("Whether the total is for all of the time, for each year, or for one year."),
    )
    year_from = models.PositiveSmallIntegerField(
        _("from year"), null=True, blank=True, validators=YEAR, help_text=_("The first year that the total covers.")
    )
    year_to = models.PositiveSmallIntegerField(
        _("to year"), null=True, blank=True, validators=YEAR, help_text=_("The last year that the total covers.")
    )
    duration_months = models.PositiveSmallIntegerField(
        _("duration in months"), null=True, blank=True, help_text=_("Where the paper gives a length instead of years.")
    )
    note = models.TextField(
        _("note"), blank=True, help_text=_("What one must know to read the total: what is left out, who estimated it.")
    )

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.CheckConstraint(condition=Q(total__isnull=True) | Q(total__gte=0), name="budget_total_not_negative"),
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(currency__isnull=False), name="budget_total_with_currency"
            ),
            models.CheckConstraint(
                condition=Q(status=BudgetStatus.STATED, total__isnull=False)
                | (~Q(status=BudgetStatus.STATED) & Q(total__isnull=True)),
                name="budget_total_where_stated",
            ),
            models.CheckConstraint(
                condition=Q(year_from__isnull=True) | Q(year_to__isnull=True) | Q(year_to__gte=F("year_from")),
                name="budget_end_not_before_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.total}" if self.total is not None else self.get_status_display()

    @property
    def band(self) -> str:
        """The size band of the total (`BudgetBand`), empty where none can be told."""
        return budget_band(self.total, self.currency)

    def natural_key(self) -> tuple[str, ...]:
        return self.case.natural_key()

    natural_key.dependencies = ["casestudies.case"]


class Contribution(CaseChild, Cited):
    """What one payer gives to a case; without an amount where the paper names only the payer."""

    payer = models.ForeignKey(
        Organization,
        verbose_name=_("payer"),
        on_delete=models.PROTECT,
        related_name="contributions",
        null=True,
        blank=True,
        help_text=_("The organization, where it is one that we list."),
    )
    payer_stated = models.CharField(
        _("payer as stated"),
        max_length=200,
        help_text=_("In the paper's words, also where it is one of our organizations."),
    )
    amount = models.DecimalField(
        _("amount"),
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Digits only. Empty where the paper names the payer and no sum."),
    )
    currency = models.ForeignKey(
        Currency,
        verbose_name=_("currency"),
        on_delete=models.PROTECT,
        related_name="contributions",
        null=True,
        blank=True,
        help_text=_("Needed with an amount."),
    )
    note = models.TextField(
        _("note"), blank=True, help_text=_("What the money was for, in kind or in cash, or over which years.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = [
            *CaseChild.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="contribution_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(currency__isnull=False), name="contribution_amount_with_currency"
            ),
        ]

    def __str__(self) -> str:
        return self.payer_stated
