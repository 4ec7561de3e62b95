"""What several cases share: countries, currencies, works cited, organizations, collections."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..choices import SourceKind
from ..querysets import CodeQuerySet, SlugQuerySet, SourceQuerySet
from .base import KEY, Sortable, new_key


class Country(Sortable):
    """A country or area by its ISO 3166-1 code, in its United Nations region."""

    BOOKKEEPING = frozenset({"sort_key"})

    code = models.CharField(
        _("ISO 3166-1 alpha-2 code"),
        max_length=2,
        validators=[RegexValidator(r"^[A-Z]{2}\Z")],
        help_text=_("Two capital letters: CH."),
    )
    alpha3 = models.CharField(
        _("ISO 3166-1 alpha-3 code"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}\Z")],
        help_text=_("Three capital letters: CHE."),
    )
    name = models.CharField(
        _("name"), max_length=120, help_text=_("The short name that the United Nations use in English.")
    )
    region = models.ForeignKey(
        "casestudies.Term",
        verbose_name=_("United Nations region"),
        on_delete=models.PROTECT,
        related_name="countries",
        help_text=_("The smallest region of the United Nations' scheme (M49) that it lies in."),
    )

    objects = CodeQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="country_unique_code"),
            models.UniqueConstraint(fields=["alpha3"], name="country_unique_alpha3"),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class Currency(models.Model):
    """A currency and its average value in US dollars in one documented year, used for the budget bands only."""

    code = models.CharField(
        _("ISO 4217 code"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}\Z")],
        help_text=_("Three capital letters: CHF."),
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("In English: «Swiss franc»."))
    usd_value = models.DecimalField(
        _("value in US dollars"),
        max_digits=14,
        decimal_places=6,
        validators=[MinValueValidator(0)],
        null=True,
        blank=True,
        help_text=_("What one unit was worth, on average of the year below. For the size bands only."),
    )
    rate_year = models.PositiveSmallIntegerField(
        _("year of the rate"), null=True, blank=True, help_text=_("The year whose average the value is.")
    )
    rate_note = models.CharField(
        _("where the rate comes from"),
        max_length=250,
        blank=True,
        help_text=_("The table or institution that the value was read from."),
    )

    objects = CodeQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="currency_unique_code"),
            models.CheckConstraint(
                condition=models.Q(usd_value__isnull=True) | models.Q(usd_value__gt=0), name="currency_rate_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class Source(Sortable):
    """A work that the paper cites, as printed there in 2015."""

    BOOKKEEPING = frozenset({"sort_key"})
    SORTED_BY = "authors"

    slug = models.SlugField(_("slug"), max_length=120, help_text=_("Stable: it is the work's address."))
    authors = models.CharField(
        _("author"), max_length=250, help_text=_("As printed: surname first, or the body that published it.")
    )
    year = models.PositiveSmallIntegerField(
        _("year"), null=True, blank=True, help_text=_("Empty where the paper says n.d.")
    )
    year_suffix = models.CharField(
        _("suffix of the year"),
        max_length=1,
        blank=True,
        help_text=_("The letter that tells two works of one year apart: a, b."),
    )
    title = models.CharField(_("title"), max_length=400, help_text=_("As printed, in its own language."))
    english_title = models.CharField(
        _("title in English"), max_length=400, blank=True, help_text=_("A translation, where the title is not English.")
    )
    container = models.CharField(
        _("published in or by"), max_length=400, blank=True, help_text=_("Journal, book, series, publisher and place.")
    )
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=SourceKind,
        default=SourceKind.OTHER,
        help_text=_("Decides how the work is cited."),
    )
    url = models.CharField(
        _("address as printed"),
        max_length=600,
        blank=True,
        help_text=_("As the paper prints it, even if it leads nowhere today."),
    )
    in_bibliography = models.BooleanField(
        _("in the paper's bibliography"), default=True, help_text=_("Untick it for a work that only a note names.")
    )
    note = models.TextField(
        _("note"), blank=True, help_text=_("What is odd about the entry as printed; visitors see it.")
    )
    is_retired = models.BooleanField(
        _("retired"), default=False, help_text=_("No longer offered for new links; existing links stay.")
    )

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("authors", "year", "year_suffix", "slug")
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [models.UniqueConstraint(fields=["slug"], name="source_unique_slug")]

    def __str__(self) -> str:
        return f"{self.authors} ({self.year_label}). {self.title}"

    @property
    def year_label(self) -> str:
        """The year as the paper prints it: «2014a», or «n.d.»."""
        return f"{self.year}{self.year_suffix}" if self.year else "n.d."

    def get_absolute_url(self) -> str:
        return reverse("source", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class Organization(models.Model):
    """A body, or a collective of bodies, that acts in one or more cases."""

    slug = models.SlugField(
        _("slug"), max_length=120, help_text=_("Stable: it names the organization in files and addresses.")
    )
    name = models.CharField(_("name"), max_length=250, help_text=_("In English where an English name is in use."))
    original_name = models.CharField(
        _("name in its own language"),
        max_length=250,
        blank=True,
        help_text=_("Where it differs: «Bureau cantonal pour l'intégration»."),
    )
    acronym = models.CharField(_("acronym"), max_length=40, blank=True, help_text=_("As the paper writes it."))
    types = models.ManyToManyField(
        "casestudies.Term",
        verbose_name=_("actor types"),
        related_name="organizations",
        blank=True,
        limit_choices_to={"vocabulary__slug": "actor-type"},
        help_text=_("Part 2's types of actors. A body can be of several."),
    )
    country = models.ForeignKey(
        Country,
        verbose_name=_("country"),
        on_delete=models.PROTECT,
        related_name="organizations",
        null=True,
        blank=True,
        help_text=_("Where it has its seat. Empty for international bodies."),
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.PROTECT,
        related_name="parts",
        null=True,
        blank=True,
        help_text=_("The body that it is a department or an agency of."),
    )
    successor = models.ForeignKey(
        "self",
        verbose_name=_("succeeded by"),
        on_delete=models.PROTECT,
        related_name="predecessors",
        null=True,
        blank=True,
        help_text=_("The body that took over from it."),
    )
    is_collective = models.BooleanField(
        _("collective"),
        default=False,
        help_text=_("Stands for several bodies that the paper does not name one by one."),
    )
    description = models.TextField(
        _("description"),
        blank=True,
        help_text=_("What it is, in a sentence; what it does in a case stands with the case."),
    )
    is_retired = models.BooleanField(
        _("retired"), default=False, help_text=_("No longer offered for new links; existing links stay.")
    )

    objects = SlugQuerySet.as_manager()

    class Meta:
        ordering = ("name", "slug")
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="organization_unique_slug"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="organization_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=models.Q(successor__isnull=True) | ~models.Q(successor=models.F("id")),
                name="organization_not_its_own_successor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    def clean(self) -> None:
        """Neither the parents nor the successors of a body lead back to it."""
        for field in ("parent", "successor"):
            seen, other = {self.pk}, getattr(self, field)
            while other is not None:
                if other.pk in seen:
                    raise ValidationError({field: _("This leads back to the organization itself.")})
                seen.add(other.pk)
                other = getattr(other, field)

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class OrganizationNameQuerySet(models.QuerySet):
    """Other names, found in fixtures by the organization's slug and their own key."""

    def get_by_natural_key(self, slug: str, key: str) -> OrganizationName:
        return self.get(organization__slug=slug, key=key)


class OrganizationName(models.Model):
    """Another name under which the paper mentions an organization."""

    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.CASCADE, related_name="other_names"
    )
    key = models.CharField(_("key"), max_length=80, default=new_key, validators=[KEY])
    name = models.CharField(
        _("name"),
        max_length=250,
        help_text=_("Another name in use: a former one, a short one, one in another language."),
    )
    note = models.CharField(_("note"), max_length=250, blank=True, help_text=_("When or by whom it is called so."))

    objects = OrganizationNameQuerySet.as_manager()

    class Meta:
        ordering = ("organization", "name")
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="organizationname_unique_key"),
            models.UniqueConstraint(fields=["organization", "name"], name="organizationname_unique_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str]:
        return (self.organization.slug, self.key)

    natural_key.dependencies = ["casestudies.organization"]


class Collection(models.Model):
    """A set of cases from one publication, or one that the portal builds itself."""

    slug = models.SlugField(_("slug"), max_length=80, help_text=_("Stable: it is the collection's address."))
    title = models.CharField(
        _("title"), max_length=250, help_text=_("The title of the publication, or a name of ours.")
    )
    description = models.TextField(
        _("description"), blank=True, help_text=_("What the collection gathers and how its cases were chosen.")
    )
    source = models.ForeignKey(
        Source,
        verbose_name=_("publication"),
        on_delete=models.PROTECT,
        related_name="collections",
        null=True,
        blank=True,
        help_text=_("The publication as a work, so that it can be cited."),
    )
    year = models.PositiveSmallIntegerField(
        _("as of year"), null=True, blank=True, help_text=_("The year that «now» means in its cases.")
    )
    number_prefix = models.CharField(
        _("prefix of the number"), max_length=10, blank=True, help_text=_("«4.» makes case 10 «4.10».")
    )
    rights = models.CharField(
        _("rights"),
        max_length=250,
        blank=True,
        help_text=_("Who holds the rights in the publication, and under which licence it is."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Collections stand in this order.")
    )

    objects = SlugQuerySet.as_manager()

    class Meta:
        ordering = ("position", "slug")
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        constraints = [models.UniqueConstraint(fields=["slug"], name="collection_unique_slug")]

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.slug,)
