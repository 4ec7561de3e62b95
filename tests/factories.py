"""Factories for every model: each makes a minimal valid object, and what it hangs off.

`CaseFactory(status="published")` is a case; `FigureFactory(case=case)` a row of its tree. Vocabularies, terms,
countries and currencies are found by their slug or code where they exist already, so that tests can name them freely:
`TermFactory(vocabulary__slug="role", slug="funds")`, `term("role", "funds")`.
"""

from __future__ import annotations

import datetime
import hashlib
import zlib
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from casestudies import choices, models
from casestudies.changes import held_back
from recommendations import models as part_3


class ModelFactory(DjangoModelFactory):
    """What all factories share: whatever else one makes on the way, its changes are noted once."""

    class Meta:
        abstract = True

    @classmethod
    def _generate(cls, strategy, params):
        with held_back():
            return super()._generate(strategy, params)


def small_number() -> factory.Sequence:
    """Another whole number for each row, from 1 on: such as a small integer holds, however many a test makes."""
    return factory.Sequence(lambda n: n % 30_000 + 1)


class GroupFactory(ModelFactory):
    """A group of recommendations."""

    class Meta:
        model = part_3.Group
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"group-{n}")
    title = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").capitalize())
    position = small_number()


class RecommendationFactory(ModelFactory):
    """A recommendation of Part 3."""

    class Meta:
        model = part_3.Recommendation
        django_get_or_create = ("number",)

    number = small_number()
    group = factory.SubFactory(GroupFactory)
    title = factory.LazyAttribute(lambda o: f"Recommendation {o.number}")
    text = "What to do."


class SubPointFactory(ModelFactory):
    """A lettered sub-point of a recommendation."""

    class Meta:
        model = part_3.SubPoint
        django_get_or_create = ("recommendation", "letter")

    recommendation = factory.SubFactory(RecommendationFactory)
    letter = "a"
    title = factory.LazyAttribute(lambda o: f"Sub-point {o.letter}")
    text = "A part of it."


class VocabularyFactory(ModelFactory):
    """A vocabulary."""

    class Meta:
        model = models.Vocabulary
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"vocabulary-{n}")
    label = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").capitalize())
    is_single = factory.LazyAttribute(lambda o: o.slug in ("approach", "state"))
    position = small_number()


class TermFactory(ModelFactory):
    """A term; of a vocabulary of its own unless told otherwise."""

    class Meta:
        model = models.Term
        django_get_or_create = ("vocabulary", "slug")

    vocabulary = factory.SubFactory(VocabularyFactory)
    slug = factory.Sequence(lambda n: f"term-{n}")
    label = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").capitalize())
    position = small_number()


def term(vocabulary: str, slug: str, **fields) -> models.Term:
    """The term of that vocabulary and slug, made with `fields` where it does not exist."""
    return TermFactory(vocabulary__slug=vocabulary, slug=slug, **fields)


class CountryFactory(ModelFactory):
    """A country. Switzerland where no code is given."""

    class Meta:
        model = models.Country
        django_get_or_create = ("code",)

    code = "CH"
    alpha3 = factory.LazyAttribute(lambda o: {"CH": "CHE", "MA": "MAR", "SN": "SEN"}.get(o.code, f"{o.code}X"))
    name = factory.LazyAttribute(
        lambda o: {"CH": "Switzerland", "MA": "Morocco", "SN": "Senegal"}.get(o.code, f"Country {o.code}")
    )
    region = factory.SubFactory(TermFactory, vocabulary__slug="region", slug="western-europe")


class CurrencyFactory(ModelFactory):
    """A currency. Swiss francs where no code is given."""

    class Meta:
        model = models.Currency
        django_get_or_create = ("code",)

    code = "CHF"
    name = factory.LazyAttribute(lambda o: f"Currency {o.code}")
    usd_value = Decimal("1")
    rate_year = 2015


class SourceFactory(ModelFactory):
    """A work cited."""

    class Meta:
        model = models.Source
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"source-{n}")
    authors = factory.LazyAttribute(lambda o: f"Author of {o.slug}")
    year = 2014
    title = factory.LazyAttribute(lambda o: f"Title of {o.slug}")


class SourceRedirectFactory(ModelFactory):
    """A former address of a source."""

    class Meta:
        model = models.SourceRedirect

    source = factory.SubFactory(SourceFactory)
    old_slug = factory.Sequence(lambda n: f"former-source-{n}")


class OrganizationFactory(ModelFactory):
    """An organization."""

    class Meta:
        model = models.Organization
        django_get_or_create = ("slug",)
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"organization-{n}")
    name = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").title())

    @factory.post_generation
    def types(self, create, extracted, **kwargs):
        if extracted:
            self.types.set(extracted)


class OrganizationNameFactory(ModelFactory):
    """Another name of an organization."""

    class Meta:
        model = models.OrganizationName

    organization = factory.SubFactory(OrganizationFactory)
    key = factory.Sequence(lambda n: f"name-{n}")
    name = factory.Sequence(lambda n: f"Other name {n}")


class CollectionFactory(ModelFactory):
    """The collection of the paper where no slug is given."""

    class Meta:
        model = models.Collection
        django_get_or_create = ("slug",)

    slug = "white-paper-2015"
    title = "White Paper"
    year = 2015
    number_prefix = "4."


class CaseFactory(ModelFactory):
    """A published case; a draft with `status="draft"`; a working revision with `revises=case`."""

    class Meta:
        model = models.Case

    collection = factory.SubFactory(CollectionFactory)
    ordinal = factory.Sequence(lambda n: n + 1)
    slug = factory.Sequence(lambda n: f"case-{n}")
    status = factory.LazyAttribute(
        lambda o: choices.Status.DRAFT if getattr(o, "revises", None) else choices.Status.PUBLISHED
    )
    name = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").title())
    title = factory.LazyAttribute(lambda o: f"Initiative of {o.name}")
    country = factory.SubFactory(CountryFactory)


class CaseRedirectFactory(ModelFactory):
    """A former address of a case."""

    class Meta:
        model = models.CaseRedirect

    case = factory.SubFactory(CaseFactory)
    old_slug = factory.Sequence(lambda n: f"former-{n}")


class BudgetFactory(ModelFactory):
    """A budget: not reported, unless a total is given."""

    class Meta:
        model = models.Budget

    case = factory.SubFactory(CaseFactory)
    total = None
    status = factory.LazyAttribute(
        lambda o: choices.BudgetStatus.NOT_REPORTED if o.total is None else choices.BudgetStatus.STATED
    )
    currency = factory.Maybe("total", yes_declaration=factory.SubFactory(CurrencyFactory), no_declaration=None)


class ChildFactory(ModelFactory):
    """What the factories of a case's rows share."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True

    case = factory.SubFactory(CaseFactory)
    key = factory.Sequence(lambda n: f"row-{n}")
    position = small_number()


class PeriodFactory(ChildFactory):
    """A span of time; open and without years unless told otherwise."""

    class Meta:
        model = models.Period

    start_year = 2014
    end_year = factory.LazyAttribute(lambda o: None if getattr(o, "is_ongoing", False) else o.start_year)


class CasePlaceFactory(ChildFactory):
    """A place with coordinates."""

    class Meta:
        model = models.CasePlace

    name = "Lausanne"
    latitude = Decimal("46.5197")
    longitude = Decimal("6.6323")


class CaseLinkFactory(ChildFactory):
    """A link to another case."""

    class Meta:
        model = models.CaseLink

    other = factory.SubFactory(CaseFactory)
    text = "Both did the same."


class ContributionFactory(ChildFactory):
    """A payer without an amount, unless one is given."""

    class Meta:
        model = models.Contribution

    payer_stated = "The Canton"
    amount = None
    currency = factory.Maybe("amount", yes_declaration=factory.SubFactory(CurrencyFactory), no_declaration=None)


class NarrativeFactory(ChildFactory):
    """The text of the overview, unless another section is given."""

    class Meta:
        model = models.Narrative

    section = choices.Section.OVERVIEW
    text = "What the case is about."


class ComponentFactory(ChildFactory):
    """An item of the implementation."""

    class Meta:
        model = models.Component

    section = choices.Section.IMPLEMENTATION
    title = "A component"


class FigureFactory(ChildFactory):
    """A number of people."""

    class Meta:
        model = models.Figure

    section = choices.Section.MIGRATORY_CONTEXT
    label = "Foreign residents"
    low = Decimal("100")
    high = factory.SelfAttribute("low")
    stated = factory.LazyAttribute(lambda o: str(o.low))
    unit = choices.Unit.PEOPLE


class MilestoneFactory(ChildFactory):
    """A dated event."""

    class Meta:
        model = models.Milestone

    date_stated = "2008"
    start_year = 2008
    text = "A law came into force."

    @factory.post_generation
    def bodies(self, create, extracted, **kwargs):
        if extracted:
            self.bodies.set(extracted)


class GovernmentTierFactory(ChildFactory):
    """A tier of government."""

    class Meta:
        model = models.GovernmentTier

    name = "Cantons"
    count = 26


class CompetenceFactory(ChildFactory):
    """A competence and its holder."""

    class Meta:
        model = models.Competence

    holder = "The Confederation"
    matter = "Admission"


class CaseTermFactory(ChildFactory):
    """A case classed under a trigger, unless another term is given."""

    class Meta:
        model = models.CaseTerm

    term = factory.SubFactory(TermFactory, vocabulary__slug="trigger")


class CaseActorFactory(ChildFactory):
    """An organization in a case."""

    class Meta:
        model = models.CaseActor

    organization = factory.SubFactory(OrganizationFactory)

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        if extracted:
            self.roles.set(extracted)


class CoordinationMechanismFactory(ChildFactory):
    """A body through which actors coordinate."""

    class Meta:
        model = models.CoordinationMechanism

    name = "A committee"

    @factory.post_generation
    def levels(self, create, extracted, **kwargs):
        if extracted:
            self.levels.set(extracted)

    @factory.post_generation
    def members(self, create, extracted, **kwargs):
        if extracted:
            self.members.set(extracted)


class ObjectiveFactory(ChildFactory):
    """One of a case's objectives."""

    class Meta:
        model = models.Objective

    text = "To welcome newcomers."

    @factory.post_generation
    def broad_objectives(self, create, extracted, **kwargs):
        if extracted:
            self.broad_objectives.set(extracted)


class BeneficiaryGroupFactory(ChildFactory):
    """Whom the case is for."""

    class Meta:
        model = models.BeneficiaryGroup

    text = "Newcomers"

    @factory.post_generation
    def groups(self, create, extracted, **kwargs):
        if extracted:
            self.groups.set(extracted)


class KeyElementFactory(ChildFactory):
    """A key mainstreaming element."""

    class Meta:
        model = models.KeyElement

    title = "Two-way integration"
    text = "Both sides adapt."


class IllustrationFactory(ChildFactory):
    """A case illustrates a recommendation."""

    class Meta:
        model = models.Illustration

    recommendation = factory.SubFactory(RecommendationFactory)
    strength = choices.Strength.CENTRAL
    reason = "The canton did what is advised."


class EditorialNoteFactory(ChildFactory):
    """A remark on the whole case."""

    class Meta:
        model = models.EditorialNote

    text = "The paper gives two numbers."


class CaseSourceFactory(ChildFactory):
    """A work cited for the overview."""

    class Meta:
        model = models.CaseSource

    source = factory.SubFactory(SourceFactory)
    section = choices.Section.OVERVIEW


class AcronymFactory(ModelFactory):
    """An acronym that means the same everywhere, unless cases are given."""

    class Meta:
        model = models.Acronym
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"acronym-{n}")
    acronym = factory.Sequence(lambda n: f"AC{n}")
    meaning = factory.LazyAttribute(lambda o: f"Meaning of {o.acronym}")

    @factory.post_generation
    def cases(self, create, extracted, **kwargs):
        if extracted:
            self.cases.set(extracted)


class AcceptedFindingFactory(ModelFactory):
    """A finding of the quality report that is no fault."""

    class Meta:
        model = models.AcceptedFinding

    rule = "no-narrative"
    subject = factory.Sequence(lambda n: f"case-{n}/results")
    reason = "The paper says nothing of it."


class MessageFactory(ModelFactory):
    """A visitor's message about nothing in particular."""

    class Meta:
        model = models.Message

    kind = choices.MessageKind.OTHER
    text = factory.Sequence(lambda n: f"Message number {n}.")


class PreviewLinkFactory(ModelFactory):
    """A preview link of no case in particular, valid for a week."""

    class Meta:
        model = models.PreviewLink

    object_id = small_number()
    of_id = factory.SelfAttribute("object_id")
    for_whom = "A partner"
    digest = factory.Sequence(lambda n: f"{n:064x}")
    created_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    expires_at = factory.LazyAttribute(lambda o: o.created_at + datetime.timedelta(days=7))


class ReleaseFactory(ModelFactory):
    """A release without files."""

    class Meta:
        model = models.Release

    name = factory.Sequence(lambda n: f"2026-01-01-{n + 2}")
    data_version = 1
    data_changed_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    case_count = 1


class ReleaseFileFactory(ModelFactory):
    """An empty file of a release."""

    class Meta:
        model = models.ReleaseFile

    release = factory.SubFactory(ReleaseFactory)
    name = factory.Sequence(lambda n: f"file-{n}.csv")
    media_type = "text/csv"
    size = 0
    sha256 = hashlib.sha256(b"").hexdigest()


class ReleasePieceFactory(ModelFactory):
    """A piece of a file."""

    class Meta:
        model = models.ReleasePiece

    file = factory.SubFactory(ReleaseFileFactory)
    number = factory.Sequence(lambda n: n)
    data = b"x"


class SearchTextFactory(ModelFactory):
    """The words of something."""

    class Meta:
        model = models.SearchText

    kind = models.SearchText.Kind.TERM
    object_id = factory.Sequence(lambda n: n + 1_000_000)


class SheetImportFactory(ModelFactory):
    """A spreadsheet that was sent, and not yet checked."""

    class Meta:
        model = models.SheetImport

    name = factory.Sequence(lambda n: f"cases-{n}.xlsx")
    content = b"x"


class LoadedRecordFactory(ModelFactory):
    """What the loader remembers of a record."""

    class Meta:
        model = models.LoadedRecord

    model = "casestudies.case"
    natural_key = factory.Sequence(lambda n: f'["case-{n}"]')
    fields = factory.LazyFunction(lambda: {"name": "Vaud"})


class HistoryEntryFactory(ModelFactory):
    """An entry of the history, of a row that is not there."""

    class Meta:
        model = models.HistoryEntry

    model = "casestudies.case"
    object_id = factory.Sequence(lambda n: n + 1_000_000)
    of_id = factory.SelfAttribute("object_id")
    name = "A case"
    content = zlib.compress(b'{"tree": {}, "targets": {}}')
    digest = ""


def child_factories() -> dict[type[models.CaseChild], type[ChildFactory]]:
    """The factory of each model whose rows hang off a case."""
    return {made._meta.model: made for made in ChildFactory.__subclasses__()}
