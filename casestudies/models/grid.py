"""The typed values of the analytical grid (Part 1, Methodology; Part 4) that stand beside a case's narratives."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..choices import Direction, Evidence, Qualifier, Section, Unit
from .base import CaseChild, Cited, Sortable
from .case import MONTH, YEAR, month_constraint, span_constraint
from .reference import Currency, Organization
from .vocabulary import Term


class Narrative(CaseChild, Cited):
    """The plain text of one of the ten sections: paragraphs parted by an empty line. Lists are components."""

    section = models.CharField(_("section"), max_length=40, choices=Section)
    text = models.TextField(_("text"))

    class Meta(CaseChild.Meta):
        verbose_name = _("narrative")
        verbose_name_plural = _("narratives")
        constraints = [
            *CaseChild.Meta.constraints,
            models.UniqueConstraint(fields=["case", "section"], name="narrative_unique_section"),
        ]

    def __str__(self) -> str:
        return self.get_section_display()


class Component(CaseChild, Cited):
    """An item of a titled list inside a section, nested where the paper nests it."""

    section = models.CharField(_("section"), max_length=40, choices=Section)
    parent = models.ForeignKey(
        "self", verbose_name=_("part of"), on_delete=models.CASCADE, related_name="children", null=True, blank=True
    )
    title = models.CharField(_("title"), max_length=250)
    text = models.TextField(_("text"), blank=True)

    class Meta(CaseChild.Meta):
        verbose_name = _("component")
        verbose_name_plural = _("components")
        constraints = [
            *CaseChild.Meta.constraints,
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="component_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """A parent belongs to the same case and section, and no chain of parents leads back."""
        if self.parent is None:
            return
        if self.parent.case_id != self.case_id or self.parent.section != self.section:
            raise ValidationError({"parent": _("The parent must be a component of the same section of this case.")})
        seen, other = {self.pk}, self.parent
        while other is not None:
            if other.pk in seen:
                raise ValidationError({"parent": _("This leads back to the component itself.")})
            seen.add(other.pk)
            other = other.parent


class Figure(CaseChild, Cited, Sortable):
    """A number that the paper states, with all that is needed to read it."""

    BOOKKEEPING = frozenset({"sort_key"})
    SORTED_BY = "label"

    section = models.CharField(_("section"), max_length=40, choices=Section)
    label = models.CharField(_("what is counted"), max_length=250)
    # Fifteen digits are what SQLite keeps of a decimal.
    low = models.DecimalField(_("low"), max_digits=15, decimal_places=2)
    high = models.DecimalField(
        _("high"), max_digits=15, decimal_places=2, help_text=_("Equal to the low where there is one value.")
    )
    qualifier = models.CharField(_("qualifier"), max_length=20, choices=Qualifier, default=Qualifier.EXACT)
    stated = models.CharField(_("value as stated"), max_length=160)
    unit = models.CharField(_("unit"), max_length=20, choices=Unit)
    unit_label = models.CharField(
        _("name of the unit"), max_length=80, blank=True, help_text=_("«cantons», «months» …")
    )
    currency = models.ForeignKey(
        Currency, verbose_name=_("currency"), on_delete=models.PROTECT, related_name="figures", null=True, blank=True
    )
    base = models.CharField(
        _("base"), max_length=200, blank=True, help_text=_("Of what a share is: «of the foreign population».")
    )
    period = models.CharField(_("period as stated"), max_length=120, blank=True)
    year_from = models.PositiveSmallIntegerField(_("from year"), null=True, blank=True, validators=YEAR)
    year_to = models.PositiveSmallIntegerField(_("to year"), null=True, blank=True, validators=YEAR)
    where = models.CharField(
        _("place counted"), max_length=160, blank=True, help_text=_("The territory the number is about.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            *CaseChild.Meta.constraints,
            models.CheckConstraint(condition=Q(high__gte=F("low")), name="figure_low_not_above_high"),
            models.CheckConstraint(
                condition=~Q(unit=Unit.SHARE) | Q(low__gte=0, high__lte=100), name="figure_share_within_0_100"
            ),
            models.CheckConstraint(
                condition=~Q(unit=Unit.MONEY) | Q(currency__isnull=False, low__gte=0), name="figure_money_with_currency"
            ),
            models.CheckConstraint(
                condition=Q(year_from__isnull=True) | Q(year_to__isnull=True) | Q(year_to__gte=F("year_from")),
                name="figure_end_not_before_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.stated}"


class Milestone(CaseChild, Cited):
    """A dated event: a law, a plan, a body founded, a meeting, a launch."""

    section = models.CharField(_("section"), max_length=40, choices=Section, default=Section.INSTITUTIONAL_BACKGROUND)
    date_stated = models.CharField(_("date as stated"), max_length=120)
    start_year = models.PositiveSmallIntegerField(_("from year"), null=True, blank=True, validators=YEAR)
    start_month = models.PositiveSmallIntegerField(_("from month"), null=True, blank=True, validators=MONTH)
    end_year = models.PositiveSmallIntegerField(_("to year"), null=True, blank=True, validators=YEAR)
    end_month = models.PositiveSmallIntegerField(_("to month"), null=True, blank=True, validators=MONTH)
    text = models.TextField(_("what happened"))
    bodies = models.ManyToManyField(Organization, verbose_name=_("bodies"), related_name="milestones", blank=True)
    instrument = models.CharField(_("law, plan or agreement"), max_length=250, blank=True)
    original_instrument = models.CharField(_("its name in its own language"), max_length=250, blank=True)

    class Meta(CaseChild.Meta):
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = (F("start_year").asc(nulls_last=True), F("start_month").asc(nulls_first=True), "position", "key")
        constraints = [
            *CaseChild.Meta.constraints,
            models.CheckConstraint(condition=span_constraint("start", "end"), name="milestone_end_not_before_start"),
            models.CheckConstraint(
                condition=month_constraint("start") & month_constraint("end"), name="milestone_months_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date_stated}: {self.text[:80]}"


class GovernmentTier(CaseChild, Cited):
    """A tier of government of the country, with how many units it has."""

    name = models.CharField(_("name"), max_length=160)
    original_name = models.CharField(_("name in its own language"), max_length=160, blank=True)
    count = models.PositiveIntegerField(_("number of units"), null=True, blank=True)
    count_stated = models.CharField(_("number as stated"), max_length=120, blank=True)
    qualifier = models.CharField(_("qualifier"), max_length=20, choices=Qualifier, default=Qualifier.EXACT)
    period = models.CharField(_("as of"), max_length=120, blank=True)
    text = models.TextField(_("how it is governed"), blank=True)

    class Meta(CaseChild.Meta):
        verbose_name = _("tier of government")
        verbose_name_plural = _("tiers of government")

    def __str__(self) -> str:
        return self.name


class Competence(CaseChild, Cited):
    """Who holds which competence."""

    holder = models.CharField(_("who"), max_length=200)
    organization = models.ForeignKey(
        Organization,
        verbose_name=_("organization"),
        on_delete=models.PROTECT,
        related_name="competences",
        null=True,
        blank=True,
    )
    matter = models.TextField(_("is in charge of"))

    class Meta(CaseChild.Meta):
        verbose_name = _("competence")
        verbose_name_plural = _("competences")

    def __str__(self) -> str:
        return self.holder


class CaseTerm(CaseChild, Cited):
    """A case classed under a term of Part 2, with the ground for it and the reason."""

    term = models.ForeignKey(Term, verbose_name=_("term"), on_delete=models.PROTECT, related_name="caseterms")
    evidence = models.CharField(_("evidence"), max_length=20, choices=Evidence, default=Evidence.EDITORIAL)
    reason = models.TextField(_("reason"), blank=True)

    class Meta(CaseChild.Meta):
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        constraints = [
            *CaseChild.Meta.constraints,
            models.UniqueConstraint(fields=["case", "term"], name="caseterm_unique"),
        ]

    def __str__(self) -> str:
        return str(self.term)

    def clean(self) -> None:
        """A vocabulary of one term a case is used once."""
        if self.term_id is None or not self.term.vocabulary.is_single:
            return
        others = CaseTerm.objects.filter(case_id=self.case_id, term__vocabulary_id=self.term.vocabulary_id)
        if others.exclude(pk=self.pk).exists():
            raise ValidationError({"term": _("A case has one term of this vocabulary.")})


class CaseActor(CaseChild, Cited):
    """An organization in a case, with what it does there."""

    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.PROTECT, related_name="caseactors"
    )
    name_stated = models.CharField(
        _("name as stated"), max_length=250, blank=True, help_text=_("Where the paper names it otherwise in this case.")
    )
    roles = models.ManyToManyField(
        Term,
        verbose_name=_("roles"),
        related_name="caseactors",
        blank=True,
        limit_choices_to={"vocabulary__slug": "role"},
    )
    is_lead = models.BooleanField(_("leads"), default=False)
    lead_note = models.CharField(_("in what way it leads"), max_length=250, blank=True)
    count = models.PositiveIntegerField(
        _("number of bodies"), null=True, blank=True, help_text=_("Of a collective: «five large communes».")
    )
    evidence = models.CharField(_("evidence"), max_length=20, choices=Evidence, default=Evidence.STATED)
    text = models.TextField(_("what it does in the case"), blank=True)

    class Meta(CaseChild.Meta):
        verbose_name = _("actor")
        verbose_name_plural = _("actors")
        constraints = [
            *CaseChild.Meta.constraints,
            models.UniqueConstraint(fields=["case", "organization"], name="caseactor_unique"),
        ]

    def __str__(self) -> str:
        return str(self.organization)


class CoordinationMechanism(CaseChild, Cited):
    """A body, a procedure or an agreement through which actors of the case coordinate."""

    name = models.CharField(_("name"), max_length=250)
    original_name = models.CharField(_("name in its own language"), max_length=250, blank=True)
    acronym = models.CharField(_("acronym"), max_length=40, blank=True)
    organization = models.ForeignKey(
        Organization,
        verbose_name=_("the actor that it is"),
        on_delete=models.PROTECT,
        related_name="coordinationmechanisms",
        null=True,
        blank=True,
    )
    form = models.ForeignKey(
        Term,
        verbose_name=_("form"),
        on_delete=models.PROTECT,
        related_name="coordinationmechanisms",
        null=True,
        blank=True,
        limit_choices_to={"vocabulary__slug": "coordination-form"},
    )
    direction = models.CharField(_("direction"), max_length=20, choices=Direction, blank=True)
    levels = models.ManyToManyField(
        Term,
        verbose_name=_("levels joined"),
        related_name="mechanisms_joining",
        blank=True,
        limit_choices_to={"vocabulary__slug": "tier"},
    )
    members = models.ManyToManyField(CaseActor, verbose_name=_("members"), related_name="mechanisms", blank=True)
    members_stated = models.TextField(_("members as stated"), blank=True)
    evidence = models.CharField(_("evidence"), max_length=20, choices=Evidence, default=Evidence.EDITORIAL)
    text = models.TextField(_("what it does"), blank=True)

    class Meta(CaseChild.Meta):
        verbose_name = _("coordination mechanism")
        verbose_name_plural = _("coordination mechanisms")

    def __str__(self) -> str:
        return self.name


class Objective(CaseChild, Cited):
    """One of the case's own objectives, in order, under Part 2's broad ones."""

    text = models.TextField(_("text"))
    broad_objectives = models.ManyToManyField(
        Term,
        verbose_name=_("broad objectives"),
        related_name="objectives",
        blank=True,
        limit_choices_to={"vocabulary__slug": "objective"},
    )
    evidence = models.CharField(_("evidence"), max_length=20, choices=Evidence, default=Evidence.EDITORIAL)

    class Meta(CaseChild.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")

    def __str__(self) -> str:
        return self.text[:100]


class BeneficiaryGroup(CaseChild, Cited):
    """Whom the case is for: as stated, and typed."""

    text = models.CharField(_("as stated"), max_length=300)
    count = models.PositiveIntegerField(_("number"), null=True, blank=True)
    groups = models.ManyToManyField(
        Term,
        verbose_name=_("groups"),
        related_name="beneficiarygroups",
        blank=True,
        limit_choices_to={"vocabulary__slug": "beneficiary"},
    )
    evidence = models.CharField(_("evidence"), max_length=20, choices=Evidence, default=Evidence.EDITORIAL)

    class Meta(CaseChild.Meta):
        verbose_name = _("beneficiaries")
        verbose_name_plural = _("beneficiaries")

    def __str__(self) -> str:
        return self.text


class KeyElement(CaseChild, Cited):
    """One of the key mainstreaming elements that close a section of Part 4."""

    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"))

    class Meta(CaseChild.Meta):
        verbose_name = _("key mainstreaming element")
        verbose_name_plural = _("key mainstreaming elements")

    def __str__(self) -> str:
        return self.title
