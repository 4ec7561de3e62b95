"""The quality report: what is missing or thin in a case, and in what cases share.

A finding is a place to look, not a verdict: where the paper itself is silent the editors accept it with a reason
(`AcceptedFinding`), and it is shown as explained. Each rule names the part of the grid (Part 1, Methodology) or of
docs/editing.md that asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .choices import Section, Unit
from .models import (
    AcceptedFinding,
    Acronym,
    Case,
    CaseChild,
    Cited,
    Currency,
    Milestone,
    Organization,
    Source,
    Term,
    child_accessors,
)

#: A narrative shorter than this many characters is thin.
THIN = 140
#: An illustration's reason has at most so many sentences.
SENTENCES = 3

RULES: dict[str, str | Promise] = {
    "no-narrative": gettext_lazy("section without a narrative"),
    "thin-narrative": gettext_lazy("narrative of less than 140 characters"),
    "no-typed-values": gettext_lazy("section without typed values"),
    "figure-uncited": gettext_lazy("figure without its place in the paper"),
    "share-without-base": gettext_lazy("share that does not say of what"),
    "illustration-unplaced": gettext_lazy("illustration without its place in the paper"),
    "illustration-reason": gettext_lazy("illustration whose reason is empty or too long"),
    "row-unplaced": gettext_lazy("row without its place in the paper"),
    "term-without-reason": gettext_lazy("classification without a reason"),
    "milestone-untyped": gettext_lazy("milestone whose year is stated and not typed"),
    "actor-without-type": gettext_lazy("actor without a type"),
    "no-lead": gettext_lazy("case without a leading actor"),
    "objective-unclassed": gettext_lazy("objective under no broad objective"),
    "beneficiary-unclassed": gettext_lazy("beneficiaries under no group"),
    "mechanism-without-form": gettext_lazy("coordination mechanism without a form"),
    "work-not-listed": gettext_lazy("work that a row cites and the case's sources lack"),
    "acronym-unexplained": gettext_lazy("acronym that the glossary does not explain"),
    "acronym-not-used": gettext_lazy("acronym of the case that none of its texts uses"),
    "source-unused": gettext_lazy("source that is used nowhere"),
    "organization-unused": gettext_lazy("organization that is used nowhere"),
    "term-undefined": gettext_lazy("term without a definition"),
}


@dataclass(frozen=True)
class Finding:
    """Something to look at: by which rule, in what, and what exactly. `reason` is why the editors accept it."""

    rule: str
    subject: str
    detail: str = ""
    reason: str = ""

    @property
    def label(self) -> str:
        """The rule in words."""
        return str(RULES[self.rule])

    @property
    def is_open(self) -> bool:
        """Whether nobody has explained it yet."""
        return not self.reason


@dataclass
class CaseReport:
    """The findings of one case."""

    case: Case
    findings: list[Finding] = field(default_factory=list)

    @property
    def open(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_open]

    @property
    def explained(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_open]


# The typed values that go with each section (Part 1, Methodology): what to look for among a case's rows.
def _terms(*vocabularies: str) -> Callable[[Case], bool]:
    return lambda case: any(row.term.vocabulary.slug in vocabularies for row in case.caseterms.all())


def _rows(accessor: str, section: str = "") -> Callable[[Case], bool]:
    return lambda case: any(not section or row.section == section for row in getattr(case, accessor).all())


TYPED: dict[str, dict[str | Promise, Callable[[Case], bool]]] = {
    Section.OVERVIEW: {
        gettext_lazy("level of government"): _terms("level"),
        gettext_lazy("period"): _rows("periods"),
        gettext_lazy("place"): _rows("caseplaces"),
        gettext_lazy("budget"): lambda case: hasattr(case, "budget"),
    },
    Section.MIGRATORY_CONTEXT: {
        gettext_lazy("migration profile"): _terms("migration"),
        gettext_lazy("figures"): _rows("figures", Section.MIGRATORY_CONTEXT),
    },
    Section.INSTITUTIONAL_BACKGROUND: {gettext_lazy("milestones"): _rows("milestones")},
    Section.DECENTRALIZATION_CONTEXT: {
        gettext_lazy("kind of state"): _terms("state"),
        gettext_lazy("tiers of government"): _rows("governmenttiers"),
        gettext_lazy("competences"): _rows("competences"),
        gettext_lazy("national–local link"): _terms("national-local-link"),
    },
    Section.TRIGGERING_FACTORS: {
        gettext_lazy("trigger"): _terms("trigger"),
        gettext_lazy("approach"): _terms("approach"),
    },
    Section.ACTORS: {gettext_lazy("actors"): _rows("caseactors")},
    Section.COORDINATION_MECHANISMS: {gettext_lazy("mechanisms"): _rows("coordinationmechanisms")},
    Section.OBJECTIVES: {
        gettext_lazy("objectives"): _rows("objectives"),
        gettext_lazy("beneficiaries"): _rows("beneficiarygroups"),
    },
    Section.IMPLEMENTATION: {gettext_lazy("key mechanisms of Part 2"): _terms("mechanism")},
}


def case_reports(cases: Iterable[Case]) -> list[CaseReport]:
    """The report of each case, fetched with `for_page()`; three queries besides, however many cases."""
    cases = list(cases)
    shared = set(Acronym.objects.of_all_cases().values_list("acronym", flat=True))
    shared |= set(Currency.objects.values_list("code", flat=True))
    own: dict[int, dict[str, Acronym]] = {case.pk: {} for case in cases}
    for entry in Acronym.objects.used_in(list(own)):
        own[entry.used_in][entry.acronym] = entry
    reports = [CaseReport(case, list(_case_findings(case, shared, own[case.pk]))) for case in cases]
    _explain([report.findings for report in reports])
    return reports


def _explain(lists: list[list[Finding]]) -> None:
    """Puts the reasons of accepted findings to them. One query."""
    subjects = {finding.subject for findings in lists for finding in findings}
    reasons = {
        (row.rule, row.subject): row.reason for row in AcceptedFinding.objects.filter(subject__in=sorted(subjects))
    }
    for findings in lists:
        findings[:] = [Finding(f.rule, f.subject, f.detail, reasons.get((f.rule, f.subject), "")) for f in findings]


def _case_findings(case: Case, shared: set[str], own: dict[str, Acronym]) -> Iterator[Finding]:
    yield from _sections(case)
    yield from _figures(case)
    yield from _illustrations(case)
    yield from _other_rows(case)
    yield from _works(case)
    yield from _acronyms(case, shared, own)


def _sections(case: Case) -> Iterator[Finding]:
    narratives = {row.section: row for row in case.narratives.all()}
    for section in Section:
        subject = f"{case.slug}/{section}"
        if section not in narratives:
            yield Finding("no-narrative", subject)
        elif len(narratives[section].text) < THIN:
            yield Finding("thin-narrative", subject)
        for label, there in TYPED.get(section, {}).items():
            if not there(case):
                yield Finding("no-typed-values", f"{subject}: {label}")


def _tree(case: Case) -> Iterator[tuple[str, models.Model]]:
    """Every row of the case with what it hangs on it by; its budget is a row among others."""
    for accessor in child_accessors():
        yield from ((accessor, row) for row in getattr(case, accessor).all())
    if hasattr(case, "budget"):
        yield "budget", case.budget


def _row(row: models.Model) -> str:
    """How a finding names a row: «vaud/figures/members»; there is one budget: «vaud/budget»."""
    accessor = row._meta.get_field("case").remote_field.get_accessor_name()
    return "/".join(filter(None, [row.case.slug, accessor, getattr(row, "key", "")]))


def _figures(case: Case) -> Iterator[Finding]:
    for figure in case.figures.all():
        if not figure.place:
            yield Finding("figure-uncited", _row(figure), str(figure))
        if figure.unit == Unit.SHARE and not figure.base:
            yield Finding("share-without-base", _row(figure), str(figure))


def _illustrations(case: Case) -> Iterator[Finding]:
    for row in case.illustrations.all():
        if not row.place:
            yield Finding("illustration-unplaced", _row(row), str(row))
        sentences = len(re.findall(r"[.!?](?=\s|$)", row.reason.strip()))
        if not 1 <= sentences <= SENTENCES:
            yield Finding("illustration-reason", _row(row), row.reason)


YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def _is_dated(milestone: Milestone) -> bool:
    """Whether the year is typed, where one is stated."""
    return bool(milestone.start_year or milestone.end_year or not YEAR.search(milestone.date_stated))


def _other_rows(case: Case) -> Iterator[Finding]:
    for accessor, row in _tree(case):
        if isinstance(row, Cited) and accessor not in ("figures", "illustrations", "editorialnotes") and not row.place:
            yield Finding("row-unplaced", _row(row), str(row))
    tests: tuple[tuple[str, str, Callable[[CaseChild], bool]], ...] = (
        ("term-without-reason", "caseterms", lambda row: bool(row.reason)),
        ("milestone-untyped", "milestones", _is_dated),
        ("actor-without-type", "caseactors", lambda row: bool(row.organization.types.all())),
        ("objective-unclassed", "objectives", lambda row: bool(row.broad_objectives.all())),
        ("beneficiary-unclassed", "beneficiarygroups", lambda row: bool(row.groups.all())),
        ("mechanism-without-form", "coordinationmechanisms", lambda row: row.form_id is not None),
    )
    for rule, accessor, is_good in tests:
        yield from (Finding(rule, _row(row), str(row)) for row in getattr(case, accessor).all() if not is_good(row))
    actors = case.caseactors.all()
    if actors and not any(actor.is_lead for actor in actors):
        yield Finding("no-lead", case.slug)


def _works(case: Case) -> Iterator[Finding]:
    """Works that rows cite and the list of the case's sources lacks."""
    listed = {row.source_id for row in case.casesources.all()}
    rows = (row for _accessor, row in _tree(case) if isinstance(row, Cited))
    missing: dict[int, Source] = {row.source_id: row.source for row in rows if row.source_id}
    for pk, source in sorted(missing.items()):
        if pk not in listed:
            yield Finding("work-not-listed", f"{case.slug}/{source.slug}", str(source))


# Two capitals at least, with digits, «&», «@» between: «QLIP», «LGUs», «GE@W», «M&D».
ACRONYM = re.compile(
    r"(?<![\w/.@-])(?=\w*[A-Z]\w*[A-Z]|[A-Z][&@][A-Z])[A-Z][A-Za-z&@]*[A-Z][A-Za-z]?(?:-[A-Z]+)?(?![\w/@&])"
)
# What is written in capitals and is no acronym: Roman numbers.
NO_ACRONYM = re.compile(r"[IVX]+\Z")


def _texts(case: Case) -> Iterator[str]:
    """Every running text of the case: what its page shows with acronyms explained."""
    yield case.purpose
    for accessor, row in _tree(case):
        names = [f.name for f in row._meta.fields if isinstance(f, models.TextField)]
        # Beneficiaries as stated are short, and running text all the same.
        names += ["text"] if accessor == "beneficiarygroups" else []
        yield from (getattr(row, name) for name in names)


def _acronyms(case: Case, shared: set[str], own: dict[str, Acronym]) -> Iterator[Finding]:
    text = "\n".join(_texts(case))
    used = {name for name in ACRONYM.findall(text) if not NO_ACRONYM.match(name)}
    known = shared | own.keys()
    # «LGUs» is the plural of «LGU».
    for name in sorted(name for name in used if name not in known and name.removesuffix("s") not in known):
        yield Finding("acronym-unexplained", f"{case.slug}/{name}")
    names = {body.organization.acronym for body in case.caseactors.all()}
    names |= {row.acronym for row in case.coordinationmechanisms.all()} | {case.acronym}
    for name in sorted(own.keys() - names):
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            yield Finding("acronym-not-used", f"{case.slug}/{name}")


def _unused(model: type[models.Model]) -> models.QuerySet:
    """Rows that nothing points at, their own kind included."""
    used = Q()
    for relation in model._meta.related_objects:
        if relation.on_delete is not models.CASCADE or relation.many_to_many:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            used |= Q(Exists(rows))
    return model.objects.filter(~used, is_retired=False)


SHARED: dict[str, Callable[[], models.QuerySet]] = {
    "source-unused": lambda: _unused(Source).order_by("slug"),
    "organization-unused": lambda: _unused(Organization).order_by("slug"),
    "term-undefined": lambda: (
        Term.objects.filter(definition="", is_retired=False)
        .exclude(vocabulary__slug="region")
        .select_related("vocabulary")
        .order_by("vocabulary__slug", "slug")
    ),
}
#: How many findings of one rule a page names; the number is always told.
LISTED = 200


@dataclass(frozen=True)
class SharedReport:
    """What one rule finds in what cases share: how many, and the first of them."""

    rule: str
    total: int
    findings: list[Finding]

    @property
    def label(self) -> str:
        return str(RULES[self.rule])

    @property
    def open(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_open]


def shared_reports(limit: int | None = LISTED) -> list[SharedReport]:
    """The findings in what cases share, rule by rule; `limit` bounds how many of each are named."""
    reports = []
    for rule, rows in SHARED.items():
        found = rows()
        findings = [
            Finding(rule, "/".join(map(str, row.natural_key())), str(row))
            for row in (found[:limit] if limit else found)
        ]
        reports.append(SharedReport(rule, found.count(), findings))
    _explain([report.findings for report in reports])
    return reports
