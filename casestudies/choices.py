"""The closed lists that are part of the schema. What staff can edit is a vocabulary (`models.Term`) instead.

Values are slugs: they stand in URLs, fixtures and exports, and never change.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where an entry stands on its way to the public."""

    DRAFT = "draft", _("draft")
    IN_REVIEW = "in-review", _("in review")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class Section(models.TextChoices):
    """A case's ten sections: overview, the grid's seven elements (Part 1, Methodology), deeds, outcome."""

    OVERVIEW = "overview", _("Overview")
    MIGRATORY_CONTEXT = "migratory-context", _("Migratory context")
    INSTITUTIONAL_BACKGROUND = "institutional-background", _("Institutional background")
    DECENTRALIZATION_CONTEXT = "decentralization-context", _("Decentralization context")
    TRIGGERING_FACTORS = "triggering-factors", _("Triggering factors")
    ACTORS = "actors", _("Actors")
    COORDINATION_MECHANISMS = "coordination-mechanisms", _("Coordination mechanisms")
    OBJECTIVES = "objectives", _("Objectives")
    IMPLEMENTATION = "implementation", _("Implementation")
    RESULTS = "results", _("Results and sustainability")


class Evidence(models.TextChoices):
    """On what ground a case is linked to a term."""

    STATED = "stated", _("stated in the case")
    PART_2 = "part-2", _("named in Part 2")
    EDITORIAL = "editorial", _("editorial reading")


class Strength(models.TextChoices):
    """How strongly a case illustrates a recommendation."""

    CENTRAL = "central", _("central")
    SUPPORTING = "supporting", _("supporting")


class Qualifier(models.TextChoices):
    """How exactly the source states a value."""

    EXACT = "exact", _("exactly")
    ABOUT = "about", _("about")
    OVER = "over", _("over")
    UNDER = "under", _("under")
    AT_LEAST = "at-least", _("at least")


class Unit(models.TextChoices):
    """What a figure counts. `unit_label` names the thing where this is not enough."""

    PEOPLE = "people", _("people")
    SHARE = "share", _("per cent")
    CHANGE = "change", _("per cent change")
    MONEY = "money", _("currency")
    COUNT = "count", _("number")
    AREA = "area", _("square kilometres")
    DURATION = "duration", _("duration")
    RANK = "rank", _("rank")


class Direction(models.TextChoices):
    """Whether a coordination mechanism joins peers or levels of government."""

    HORIZONTAL = "horizontal", _("horizontal")
    VERTICAL = "vertical", _("vertical")
    BOTH = "both", _("horizontal and vertical")


class BudgetStatus(models.TextChoices):
    """What the source says of money."""

    STATED = "stated", _("total stated")
    PARTS_ONLY = "parts-only", _("contributions stated, no total")
    PAYER_ONLY = "payer-only", _("payer named, no sum")
    NOT_REPORTED = "not-reported", _("not reported")


class BudgetPeriod(models.TextChoices):
    """What span of time a budget covers."""

    WHOLE = "whole", _("whole duration")
    PER_YEAR = "per-year", _("per year")
    ONE_YEAR = "one-year", _("one year")


class BudgetBand(models.TextChoices):
    """Size of the total as stated, in US dollars at the documented 2015 average rates. Ours, for filtering only."""

    UNDER_250K = "under-250k", _("under USD 250,000")
    TO_1M = "250k-1m", _("USD 250,000 to 1 million")
    TO_10M = "1m-10m", _("USD 1 million to 10 million")
    OVER_10M = "over-10m", _("over USD 10 million")


# Each band with the sum in US dollars that it stays under; none for the last.
BAND_LIMITS = (
    (BudgetBand.UNDER_250K, 250_000),
    (BudgetBand.TO_1M, 1_000_000),
    (BudgetBand.TO_10M, 10_000_000),
    (BudgetBand.OVER_10M, None),
)


class NoteKind(models.TextChoices):
    """Why an editorial note stands beside a value."""

    CONTRADICTION = "contradiction", _("the paper contradicts itself")
    OURS = "ours", _("a value of ours")
    CLARIFICATION = "clarification", _("clarification")


class SourceKind(models.TextChoices):
    """What sort of work a source is."""

    REPORT = "report", _("report or study")
    BOOK = "book", _("book or chapter")
    ARTICLE = "article", _("article or paper")
    LAW = "law", _("law or official text")
    STATISTICS = "statistics", _("statistics")
    WEBSITE = "website", _("website")
    OTHER = "other", _("other")


class MessageKind(models.TextChoices):
    """What a visitor writes about."""

    ERROR = "error", _("an error in a case")
    NEW_CASE = "new-case", _("a case to add")
    OTHER = "other", _("something else")


class MessageStatus(models.TextChoices):
    """What became of a visitor's message."""

    NEW = "new", _("new")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")
    SPAM = "spam", _("spam")


class ImportState(models.TextChoices):
    """Where a spreadsheet stands that came back."""

    NEW = "new", _("to be checked")
    CHECKED = "checked", _("checked")
    APPLIED = "applied", _("applied")


class EditAction(models.TextChoices):
    """What was done, as the history has it."""

    FOUND = "found", _("as it was before")
    CREATED = "created", _("created")
    EDITED = "edited", _("edited")
    DELETED = "deleted", _("deleted")
    RESTORED = "restored", _("restored an earlier state")
    COPIED = "copied", _("copied from another case")
    IMPORTED = "imported", _("imported from a spreadsheet")
    TAGGED = "tagged", _("tagged together with others")
    MERGED = "merged", _("merged")
    REVISED = "revised", _("working revision started")
    DISCARDED = "discarded", _("discarded")
    SUBMITTED = "submitted", _("submitted for review")
    WITHDRAWN = "withdrawn", _("taken back from review")
    RETURNED = "returned", _("returned for more work")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")
    REPUBLISHED = "republished", _("published again")
    CHECKED = "checked", _("checked against the sources")
