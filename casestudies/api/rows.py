"""The rows behind the API's lists: of cases, of what hangs off them, of what they share."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from recommendations.models import Recommendation

from ..choices import Strength
from ..facets import YES, recommendation_options, term_options, yes_no_options
from ..grid import TermView, grid
from ..index import Index
from ..listing import ListFilter, Listing
from ..lists import FIGURES, SOURCES, choice_options, find_cases
from ..models import Case, CaseActor, Illustration, Source, Term, Vocabulary
from ..selection import BY_NUMBER, BadSelection, CodePoints, Selection, parse
from .asking import Found, part
from .fields import MOST_CITING


def find_selected(data: QueryDict) -> Found:
    """The cases of a selection. Raises BadSelection."""
    selection = parse(data, strict=True)
    cases = selection.cases(Case.objects.for_export())
    return Found(len(selection), lambda start, stop: cases[start:stop], selection.pairs())


# Rows that hang off the cases of a selection


@dataclass(frozen=True)
class CaseRows:
    """A kind of row of the selected cases: where it starts, in what order within a case, and filters of its own.

    How many rows each case has is counted once for a version of the data; a page fetches the rows of its cases alone.
    """

    name: str
    listing: Listing
    order: tuple
    related: Callable[[QuerySet], QuerySet]

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the filters of the rows themselves."""
        return tuple(each.name for each in self.listing.filters)

    def find(self, data: QueryDict) -> Found:
        """The rows asked for, case by case in the selection's order. Raises BadSelection."""
        state = self.listing.parse(part(data, self.own))
        selection = parse(part(data, self.own, without=True))
        if bad := (*selection.dropped, *state.dropped):
            raise BadSelection(bad)
        counts = self._counts(selection.index, state.rows(), tuple(state.pairs()))
        held = [(position, counts[position]) for position in selection.in_order if counts[position]]
        return Found(
            sum(count for _position, count in held),
            lambda start, stop: self._between(selection, state.rows(), held, start, stop),
            [*selection.pairs(), *state.pairs()],
        )

    def _counts(self, index: Index, rows: QuerySet, asked: tuple) -> array:
        """How many of the rows each case of the index has."""

        def count() -> array:
            found = array("I", bytes(4 * len(index.pks)))
            for pk, number in rows.order_by().values_list("case").annotate(number=Count("pk")):
                if pk in index.position:
                    found[index.position[pk]] = number
            return found

        return index.keep(("rows", self.name, asked), count)

    def _between(
        self, selection: Selection, rows: QuerySet, held: Sequence[tuple[int, int]], start: int, stop: int
    ) -> list[Any]:
        """The rows from one place to another, of all the rows of the cases one after the other."""
        wanted, skipped, place = [], 0, 0
        for position, count in held:
            if place + count > start and place < stop:
                skipped = start - place if not wanted else skipped
                wanted.append(selection.index.pks[position])
            place += count
            if place >= stop:
                break
        of_case = defaultdict(list)
        for row in self.related(rows.filter(case__in=wanted)).order_by(*self.order):
            of_case[row.case_id].append(row)
        found = [row for pk in wanted for row in of_case[pk]]
        return found[skipped : skipped + stop - start]


def of_terms(path: str) -> Callable[[Sequence[str]], Q]:
    """Rows that bear one of the terms, or a term below it. A semi-join: no row stands there twice."""
    vocabulary, model, field = {
        "types": ("actor-type", CaseActor, "organization__types"),
        "roles": ("role", CaseActor, "roles"),
    }[path]

    def condition(values: Sequence[str]) -> Q:
        of = Term.objects.of(vocabulary)
        terms = of.filter(Q(slug__in=values) | Q(parent__slug__in=values)).values("pk")
        return Q(pk__in=model._base_manager.filter(**{f"{field}__in": terms}).order_by().values("pk"))

    return condition


OF_CASE = ListFilter("case", _("Case"), lambda values: Q(case__slug__in=values), find=find_cases)
# Rows follow the cases of the selection, whose parameter `sort` is.
AS_SELECTED = {"cases": (_("In the order of the cases"), ())}

ILLUSTRATIONS = CaseRows(
    "illustrations",
    Listing(
        rows=lambda: Illustration.objects.published(),
        filters=(
            OF_CASE,
            ListFilter(
                "of",
                _("Recommendation of the row itself"),
                lambda values: Q(recommendation__number__in=[int(value) for value in values]),
                recommendation_options,
            ),
            ListFilter("strength", _("Strength"), lambda values: Q(strength__in=values), choice_options(Strength)),
        ),
        sorts=AS_SELECTED,
    ),
    order=("recommendation__number", F("subpoint__letter").asc(nulls_first=True), CodePoints("key")),
    related=lambda rows: rows.select_related(
        "case__collection", "recommendation", "subpoint__recommendation", "source"
    ),
)
ACTORS = CaseRows(
    "actors",
    Listing(
        rows=lambda: CaseActor.objects.published(),
        filters=(
            OF_CASE,
            ListFilter("type", _("Type of the actor itself"), of_terms("types"), term_options("actor-type")),
            ListFilter("role", _("Role in the case"), of_terms("roles"), term_options("role")),
            ListFilter(
                "lead",
                _("Leads"),
                lambda values: Q(is_lead__in=[value == YES for value in values]),
                yes_no_options,
            ),
        ),
        sorts=AS_SELECTED,
    ),
    order=("position", CodePoints("key")),
    related=lambda rows: rows.select_related(
        "case__collection", "organization__parent", "organization__successor", "source"
    ).prefetch_related("roles", "organization__types", "organization__other_names"),
)


# Lists beside the cases


def find_figures(data: QueryDict) -> Found:
    """The figures that the parameters of their page ask for. Raises BadSelection."""
    state = FIGURES.parse(data, strict=True)
    rows = state.rows().select_related("case__collection", "case__country", "currency", "source")
    return Found(rows.count(), lambda start, stop: rows[start:stop], state.pairs())


def find_sources(data: QueryDict) -> Found:
    """The works that the parameters of their page ask for. Raises BadSelection."""
    state = SOURCES.parse(data, strict=True)
    rows = state.rows()
    return Found(rows.count(), lambda start, stop: counted(rows[start:stop]), state.pairs())


def counted(works: Iterable[Source]) -> list[Source]:
    """The works, each with how many published cases cite it."""
    works = list(works)
    counts = Source.objects.case_counts([work.pk for work in works]) if works else {}
    for work in works:
        work.case_count = counts.get(work.pk, 0)
    return works


def source(slug: str) -> Source | None:
    """A work with the first of the cases that cite it; None where there is none that a visitor may see."""
    for work in counted(Source.objects.published().filter(slug=slug)):
        cases = Case.objects.published().citing(work).select_related("collection").order_by(*BY_NUMBER)
        work.citing = list(cases[:MOST_CITING])
        return work
    return None


def moved_source(slug: str) -> str | None:
    """The slug of the work that a former address leads to; None where it leads to none that a visitor may see."""
    return Source.objects.published().filter(redirects__old_slug=slug).values_list("slug", flat=True).first()


def find_recommendations(index: Index, data: QueryDict) -> Found:
    """The recommendations, by their numbers."""
    rows = Recommendation.objects.select_related("group").prefetch_related("subpoints").order_by("number")

    def between(start: int, stop: int) -> list[Recommendation]:
        return [illustrated(index, each) for each in rows[start:stop]]

    return Found(rows.count(), between)


def illustrated(index: Index, recommendation: Recommendation) -> Recommendation:
    """The recommendation with how many cases illustrate it."""
    recommendation.case_count = len(index.having("recommendation", str(recommendation.number)))
    return recommendation


def recommendation(index: Index, number: int) -> Recommendation | None:
    """One recommendation; None where there is none."""
    rows = Recommendation.objects.select_related("group").prefetch_related("subpoints").filter(number=number)
    return next((illustrated(index, each) for each in rows), None)


def find_vocabularies(data: QueryDict) -> Found:
    """The vocabularies in the order of Part 2."""
    rows = Vocabulary.objects.all()
    return Found(rows.count(), lambda start, stop: rows[start:stop])


class ShownTerm(NamedTuple):
    """A term with the name of the one above it and how many cases bear it."""

    term: Term
    parent: str
    cases: int


def _flat(views: Iterable[TermView], parent: str = "") -> Iterator[ShownTerm]:
    for view in views:
        yield ShownTerm(view.term, parent, view.cases)
        yield from _flat(view.children, view.term.slug)


def vocabulary(slug: str) -> Vocabulary | None:
    """A vocabulary with the terms that its page shows; None where there is none."""
    for view in grid(Vocabulary.objects.prefetch_related("terms").filter(slug=slug)):
        view.vocabulary.shown_terms = list(_flat(view.terms))
        return view.vocabulary
    return None
