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

    section = models.CharField(
        _("section"),
        max_length=40,
        choices=Section,
        help_text=_("The section that the text belongs to; one text each."),
    )
    text = models.TextField(
        _("text"),
        help_text=_(
            "Plain paragraphs, parted by an empty line. Lists go below, as components; numbers also as figures."
        ),
    )

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

    section = models.CharField(
        _("section"),
        max_length=40,
        choices=Section,
        help_text=_("Change it and the row, with its parts, moves to that section's form."),
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.CASCADE,
        related_name="children",
        null=True,
        blank=True,
        help_text=_("The item that this one belongs to, where the paper nests its list."),
    )
    title = models.CharField(_("title"), max_length=250, help_text=_("The item in a few words."))
    text = models.TextField(_("text"), blank=True, help_text=_("What the paper says of it, in our words."))

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

    section = models.CharField(
        _("section"), max_length=40, choices=Section, help_text=_("Change it and the row moves to that section's form.")
    )
    label = models.CharField(
        _("what is counted"),
        max_length=250,
        help_text=_("What the number counts, without the number: «foreign residents»."),
    )
    # Fifteen digits are what SQLite keeps of a decimal.
    low = models.DecimalField(
        _("low"), max_digits=15, decimal_places=2, help_text=_("Digits only, no separators: 725000.")
    )
    high = models.DecimalField(
        _("high"), max_digits=15, decimal_places=2, help_text=_("Equal to the low where there is one value.")
    )
    qualifier = models.CharField(
        _("qualifier"),
        max_length=20,
        choices=Qualifier,
        default=Qualifier.EXACT,
        help_text=_("How exactly the paper states it."),
    )
    stated = models.CharField(
        _("value as stated"), max_length=160, help_text=_("As the paper prints it, with its separators: «725,000».")
    )
    unit = models.CharField(
        _("unit"),
        max_length=20,
        choices=Unit,
        help_text=_("What sort of number it is. A share needs its base, money its currency."),
    )
    unit_label = models.CharField(
        _("name of the unit"), max_length=80, blank=True, help_text=_("«cantons», «months» …")
    )
    currency = models.ForeignKey(
        Currency,
        verbose_name=_("currency"),
        on_delete=models.PROTECT,
        related_name="figures",
        null=True,
        blank=True,
        help_text=_("For money only."),
    )
    base = models.CharField(
        _("base"), max_length=200, blank=True, help_text=_("Of what a share is: «of the foreign population».")
    )
    period = models.CharField(
        _("period as stated"),
        max_length=120,
        blank=True,
        help_text=_("The date or years in the paper's words: «end of 2012»."),
    )
    year_from = models.PositiveSmallIntegerField(
        _("from year"),
        null=True,
        blank=True,
        validators=YEAR,
        help_text=_("The year counted, or the first of several."),
    )
    year_to = models.PositiveSmallIntegerField(
        _("to year"),
        null=True,
        blank=True,
        validators=YEAR,
        help_text=_("The last year, where the number covers several."),
    )
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

    section = models.CharField(
        _("section"),
        max_length=40,
        choices=Section,
        default=Section.INSTITUTIONAL_BACKGROUND,
        help_text=_("Change it and the row moves to that section's form."),
    )
    date_stated = models.CharField(
        _("date as stated"), max_length=120, help_text=_("In the paper's words: «in June 2011».")
    )
    start_year = models.PositiveSmallIntegerField(
        _("from year"),
        null=True,
        blank=True,
        validators=YEAR,
        help_text=_("Type every year that the paper states: the timeline is built from it."),
    )
    start_month = models.PositiveSmallIntegerField(
        _("from month"), null=True, blank=True, validators=MONTH, help_text=_("1 to 12, and only with a year.")
    )
    end_year = models.PositiveSmallIntegerField(
        _("to year"), null=True, blank=True, validators=YEAR, help_text=_("Only where it lasted.")
    )
    end_month = models.PositiveSmallIntegerField(
        _("to month"), null=True, blank=True, validators=MONTH, help_text=_("1 to 12, and only with a year.")
    )
    text = models.TextField(_("what happened"), help_text=_("One or two sentences: who did what."))
    bodies = models.ManyToManyField(
        Organization,
        verbose_name=_("bodies"),
        related_name="milestones",
        blank=True,
        help_text=_("The organizations that acted or were founded."),
    )
    instrument = models.CharField(
        _("law, plan or agreement"),
        max_length=250,
        blank=True,
        help_text=_("The law, plan or agreement in English, if it is one."),
    )
    original_instrument = models.CharField(
        _("its name in its own language"), max_length=250, blank=True, help_text=_("Its title as it was published.")
    )

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

    name = models.CharField(_("name"), max_length=160, help_text=_("In English, in the plural: «communes»."))
    original_name = models.CharField(
        _("name in its own language"), max_length=160, blank=True, help_text=_("As the country calls it.")
    )
    count = models.PositiveIntegerField(
        _("number of units"), null=True, blank=True, help_text=_("Digits only. Empty where the paper gives no number.")
    )
    count_stated = models.CharField(
        _("number as stated"), max_length=120, blank=True, help_text=_("In the paper's words: «some 300».")
    )
    qualifier = models.CharField(
        _("qualifier"),
        max_length=20,
        choices=Qualifier,
        default=Qualifier.EXACT,
        help_text=_("How exactly the paper states the number."),
    )
    period = models.CharField(
        _("as of"), max_length=120, blank=True, help_text=_("The date or year that the number is of.")
    )
    text = models.TextField(
        _("how it is governed"), blank=True, help_text=_("Who governs the tier, and whether they are elected.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("tier of government")
        verbose_name_plural = _("tiers of government")

    def __str__(self) -> str:
        return self.name


class Competence(CaseChild, Cited):
    """Who holds which competence."""

    holder = models.CharField(_("who"), max_length=200, help_text=_("The tier or body as the paper names it."))
    organization = models.ForeignKey(
        Organization,
        verbose_name=_("organization"),
        on_delete=models.PROTECT,
        related_name="competences",
        null=True,
        blank=True,
        help_text=_("Where it is one of our organizations."),
    )
    matter = models.TextField(
        _("is in charge of"), help_text=_("What it decides, runs or pays for, above all where migrants are concerned.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("competence")
        verbose_name_plural = _("competences")

    def __str__(self) -> str:
        return self.holder


class CaseTerm(CaseChild, Cited):
    """A case classed under a term of Part 2, with the ground for it and the reason."""

    term = models.ForeignKey(
        Term,
        verbose_name=_("term"),
        on_delete=models.PROTECT,
        related_name="caseterms",
        help_text=_("Its definition stands in the guide, and beside the row once it is chosen."),
    )
    evidence = models.CharField(
        _("evidence"),
        max_length=20,
        choices=Evidence,
        default=Evidence.EDITORIAL,
        help_text=_("Stated or named in Part 2 only where the paper says so; else an editorial reading."),
    )
    reason = models.TextField(
        _("reason"), blank=True, help_text=_("The facts of the case that speak for the term, in a sentence.")
    )

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
        Organization,
        verbose_name=_("organization"),
        on_delete=models.PROTECT,
        related_name="caseactors",
        help_text=_("Search by name or acronym. Add it only if it is not there under another name."),
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
        help_text=_("All that the case shows it doing."),
    )
    is_lead = models.BooleanField(_("leads"), default=False, help_text=_("Several can lead. Say below in what way."))
    lead_note = models.CharField(
        _("in what way it leads"), max_length=250, blank=True, help_text=_("«initiated it», «chairs the council» …")
    )
    count = models.PositiveIntegerField(
        _("number of bodies"), null=True, blank=True, help_text=_("Of a collective: «five large communes».")
    )
    evidence = models.CharField(
        _("evidence"),
        max_length=20,
        choices=Evidence,
        default=Evidence.STATED,
        help_text=_("On what ground it counts as an actor of the case."),
    )
    text = models.TextField(
        _("what it does in the case"), blank=True, help_text=_("One or two sentences that name its part.")
    )

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

    name = models.CharField(
        _("name"), max_length=250, help_text=_("In English: «Cantonal Consultative Chamber of Immigrants».")
    )
    original_name = models.CharField(
        _("name in its own language"), max_length=250, blank=True, help_text=_("Where it differs.")
    )
    acronym = models.CharField(_("acronym"), max_length=40, blank=True, help_text=_("As the paper writes it."))
    organization = models.ForeignKey(
        Organization,
        verbose_name=_("the actor that it is"),
        on_delete=models.PROTECT,
        related_name="coordinationmechanisms",
        null=True,
        blank=True,
        help_text=_("Where the mechanism is itself a body that we list."),
    )
    form = models.ForeignKey(
        Term,
        verbose_name=_("form"),
        on_delete=models.PROTECT,
        related_name="coordinationmechanisms",
        null=True,
        blank=True,
        limit_choices_to={"vocabulary__slug": "coordination-form"},
        help_text=_("Its shape; the forms are ours and make cases comparable."),
    )
    direction = models.CharField(
        _("direction"),
        max_length=20,
        choices=Direction,
        blank=True,
        help_text=_("Horizontal joins peers, vertical joins levels of government."),
    )
    levels = models.ManyToManyField(
        Term,
        verbose_name=_("levels joined"),
        related_name="mechanisms_joining",
        blank=True,
        limit_choices_to={"vocabulary__slug": "tier"},
        help_text=_("Every level that sits at the table."),
    )
    members = models.ManyToManyField(
        CaseActor,
        verbose_name=_("members"),
        related_name="mechanisms",
        blank=True,
        help_text=_("Actors of this case. Save an actor first to find it here."),
    )
    members_stated = models.TextField(
        _("members as stated"),
        blank=True,
        help_text=_("Who belongs to it in the paper's account, with the numbers it gives."),
    )
    evidence = models.CharField(
        _("evidence"),
        max_length=20,
        choices=Evidence,
        default=Evidence.EDITORIAL,
        help_text=_("On what ground form, direction and levels are chosen."),
    )
    text = models.TextField(
        _("what it does"), blank=True, help_text=_("What it decides or does, how often it meets, since when.")
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("coordination mechanism")
        verbose_name_plural = _("coordination mechanisms")

    def __str__(self) -> str:
        return self.name


class Objective(CaseChild, Cited):
    """One of the case's own objectives, in order, under Part 2's broad ones."""

    text = models.TextField(
        _("text"), help_text=_("One objective of the initiative itself, as its documents have it, in our words.")
    )
    broad_objectives = models.ManyToManyField(
        Term,
        verbose_name=_("broad objectives"),
        related_name="objectives",
        blank=True,
        limit_choices_to={"vocabulary__slug": "objective"},
        help_text=_("The aims of Part 2 that it serves."),
    )
    evidence = models.CharField(
        _("evidence"),
        max_length=20,
        choices=Evidence,
        default=Evidence.EDITORIAL,
        help_text=_("On what ground the broad objectives are chosen."),
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")

    def __str__(self) -> str:
        return self.text[:100]


class BeneficiaryGroup(CaseChild, Cited):
    """Whom the case is for: as stated, and typed."""

    text = models.CharField(
        _("as stated"), max_length=300, help_text=_("In the paper's terms: «returning migrants and their families».")
    )
    count = models.PositiveIntegerField(
        _("number"), null=True, blank=True, help_text=_("Digits only, where the paper gives a number.")
    )
    groups = models.ManyToManyField(
        Term,
        verbose_name=_("groups"),
        related_name="beneficiarygroups",
        blank=True,
        limit_choices_to={"vocabulary__slug": "beneficiary"},
        help_text=_("Every group that is meant."),
    )
    evidence = models.CharField(
        _("evidence"),
        max_length=20,
        choices=Evidence,
        default=Evidence.EDITORIAL,
        help_text=_("On what ground the groups are chosen."),
    )

    class Meta(CaseChild.Meta):
        verbose_name = _("beneficiaries")
        verbose_name_plural = _("beneficiaries")

    def __str__(self) -> str:
        return self.text


class KeyElement(CaseChild, Cited):
    """One of the key mainstreaming elements that close a section of Part 4."""

    title = models.CharField(_("title"), max_length=200, help_text=_("As the paper heads it."))
    text = models.TextField(_("text"), help_text=_("What in this case shows it, in our words."))

    class Meta(CaseChild.Meta):
        verbose_name = _("key mainstreaming element")
        verbose_name_plural = _("key mainstreaming elements")

    def __str__(self) -> str:
        return self.title
