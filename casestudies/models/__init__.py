"""Parts 2 and 4 of the paper as data. See docs/data-model.md."""

from django.apps import apps

from .base import CaseChild, Cited, new_key
from .bookkeeping import LoadedRecord
from .case import Budget, Case, CaseLink, CasePlace, CaseRedirect, Contribution, Period, budget_band
from .derived import DataVersion, SearchText
from .evidence import ABOUT_FIELDS, CaseSource, EditorialNote, Illustration
from .glossary import Acronym
from .grid import (
    BeneficiaryGroup,
    CaseActor,
    CaseTerm,
    Competence,
    Component,
    CoordinationMechanism,
    Figure,
    GovernmentTier,
    KeyElement,
    Milestone,
    Narrative,
    Objective,
)
from .inbox import Message
from .newsroom import HistoryEntry, PreviewLink
from .quality import AcceptedFinding
from .reference import Collection, Country, Currency, Organization, OrganizationName, Source, SourceRedirect
from .release import Release, ReleaseFile, ReleasePiece
from .sheets import SheetImport
from .vocabulary import Term, Vocabulary


def child_models() -> list[type[CaseChild]]:
    """Every model whose rows hang off a case by a stable key, in the order of definition."""
    return [model for model in apps.get_app_config("casestudies").get_models() if issubclass(model, CaseChild)]


def child_accessors() -> dict[str, type[CaseChild]]:
    """The name under which a case reaches the rows of each child model: {"figures": Figure, …}."""
    return {model._meta.get_field("case").remote_field.get_accessor_name(): model for model in child_models()}


__all__ = [
    "ABOUT_FIELDS", "AcceptedFinding", "Acronym", "BeneficiaryGroup", "Budget", "Case", "CaseActor", "CaseChild",
    "CaseLink", "CasePlace", "CaseRedirect", "CaseSource", "CaseTerm", "Cited", "Collection", "Competence",
    "Component", "Contribution", "CoordinationMechanism", "Country", "Currency", "DataVersion", "EditorialNote",
    "Figure", "GovernmentTier", "HistoryEntry", "Illustration", "KeyElement", "LoadedRecord", "Message",
    "Milestone", "Narrative", "Objective", "Organization", "OrganizationName", "Period", "PreviewLink", "Release",
    "ReleaseFile", "ReleasePiece", "SearchText", "SheetImport", "Source", "SourceRedirect", "Term", "Vocabulary",
    "budget_band", "child_accessors", "child_models", "new_key",
]  # fmt: skip
