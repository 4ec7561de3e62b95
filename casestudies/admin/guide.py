"""What belongs into each form of a case: the section's meaning and the vocabularies that its fields choose from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from django.db.models import Prefetch, Q
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mainstreaming import projection

from ..models import CaseActor, CasePlace, Term, Vocabulary
from .offers import NOT_FOR_CASES
from .parts import BY_SLUG, IDENTITY, THE_REST, Part

# What editors need to know of each form, by its slug: the method of Part 1 and the elements of Part 2 in plain words.
MEANINGS: dict[str, tuple[str | Promise, ...]] = {
    "identity": (
        _("Who and where the case is: what a reader sees first, in lists and at the head of its page."),
        _("Name the territory, not the project: the project has its title. A period is a span in which the initiative "
          "ran; the years of a law or a plan are milestones of the institutional background."),
        _("A place is where the initiative acts. Its point puts the case on the map."),
    ),
    "overview": (
        _("The initiative in a nutshell: what it is, who runs it, at which level of government, with what money."),
        _("The budget repeats what the paper states and nothing else. Where it states parts and no total, enter the "
          "parts as contributions; where it is silent, say that it is not reported."),
        _("Classify the case by its level of governance here."),
    ),
    "migratory-context": (
        _("The migration that the territory knows: who comes, leaves, passes through or returns, since when, how many "
          "and why it matters to the place."),
        _("Every number belongs in a figure with its year and place, also where the text mentions it. A territory "
          "is seldom of one kind: choose every kind of migration that the text describes."),
    ),
    "institutional-background": (
        _("How the institutions came to be what they are: the laws, plans, bodies and earlier projects that the "
          "initiative builds upon, national and local."),
        _("Tell it as milestones, one event each. Type the year wherever the paper states one: the timeline and the "
          "search by years are built from it."),
    ),
    "decentralization": (
        _("How power is shared in the country: which tiers of government there are, who is in charge of what, and how "
          "national and local levels speak with each other."),
        _("It explains what the local authority may do on its own. Keep to the year of the paper."),
    ),
    "triggering-factors": (
        _("What made the authority act, and from which side it began: from below, from above, or both."),
        _("A trigger is an occasion or a lack that set the exercise off, not what it aims at. A case can have several; "
          "give each its reason from this case."),
    ),
    "actors": (
        _("Who takes part: public bodies of all levels, civil society, migrants' associations, companies, "
          "universities, international organizations."),
        _("Say what each does here, and who leads. What several of them do together is a coordination mechanism. Its "
          "type belongs to the organization, so that it is the same in all cases."),
    ),
    "coordination": (
        _("How the actors work together: councils, committees, working groups, agreements, regular dialogue."),
        _("Between peers it is horizontal, between levels of government vertical. Enter the actors first: members are "
          "chosen from them."),
    ),
    "objectives": (
        _("What the initiative is for and whom it is to serve."),
        _("Enter the initiative's own objectives one by one, in its order, and put each under the broad objectives "
          "that it serves. Beneficiaries stand as the paper names them, and under the groups that make cases "
          "comparable."),
    ),
    "implementation": (
        _("What was done, and by which of the key mechanisms of Part 2: participation, evidence, lead institutions, "
          "capacity, partnerships and the rest."),
        _("Tell deeds, not intentions. The components of a programme are rows below the text, in the paper's order."),
    ),
    "results": (
        _("What came of it, and what keeps it going: effects, lessons, funding, law, ownership."),
        _("Keep results apart from plans: “is to” where the paper says so. What is planned for later belongs here "
          "as sustainability."),
    ),
    "key-elements": (
        _("The elements of mainstreaming that close the section of the paper, and the recommendations of Part 3 that "
          "the case gives an example of."),
        _("An illustration is our reading, so it needs a reason that names the facts: who did what. Link what is "
          "clear, not what is possible."),
    ),
    "sources": (
        _("The works that the paper cites for this case, the other cases that its text names, and what we have to say "
          "about its values."),
        _("An editorial note is public. Write one only where the paper contradicts itself or a value is ours."),
    ),
}  # fmt: skip


class TermGuide(NamedTuple):
    """A term to choose, with the terms below it."""

    term: Term
    below: tuple[Term, ...]


class VocabularyGuide(NamedTuple):
    """A vocabulary with the terms that may be chosen."""

    vocabulary: Vocabulary
    terms: tuple[TermGuide, ...]


class Guide(NamedTuple):
    """What stands beside a form."""

    paragraphs: tuple[str | Promise, ...]
    vocabularies: tuple[VocabularyGuide, ...]


def _slugs(part: Part) -> Iterator[str]:
    """The vocabularies that fields of the form choose from."""
    yield from part.vocabularies
    for inline in part.inlines:
        fields = [*inline.model._meta.fields, *inline.model._meta.many_to_many]
        limits = [field.get_limit_choices_to() for field in fields if field.related_model is Term]
        yield from (limit["vocabulary__slug"] for limit in limits if limit)
        if inline.model is CaseActor:
            yield "actor-type"


def _vocabularies(part: Part) -> tuple[VocabularyGuide, ...]:
    slugs = set(_slugs(part))
    if not slugs:
        return ()
    # Of the vocabularies of all other parts, those that no case is classed by are left out, as in the field.
    chosen = Q(slug__in=slugs - {THE_REST})
    if THE_REST in slugs:
        chosen |= Q(pk__in=Term.objects.filter(part.terms()).values("vocabulary")) & ~Q(slug__in=NOT_FOR_CASES)
    terms = Prefetch("terms", Term.objects.filter(is_retired=False).order_by("position", "slug"))
    rows = Vocabulary.objects.filter(chosen).prefetch_related(terms)
    return tuple(VocabularyGuide(vocabulary, _nested(vocabulary)) for vocabulary in rows)


def _nested(vocabulary: Vocabulary) -> tuple[TermGuide, ...]:
    below = defaultdict(list)
    for term in vocabulary.terms.all():
        below[term.parent_id].append(term)
    # A term whose parent is retired stands among the first.
    known = {term.pk for term in vocabulary.terms.all()} | {None}
    first = [term for term in vocabulary.terms.all() if term.parent_id is None or term.parent_id not in known]
    return tuple(TermGuide(term, tuple(below[term.pk])) for term in first)


def guide_of(part: Part) -> Guide:
    """The guide of a form: two queries where its fields choose from vocabularies, else none."""
    return Guide(MEANINGS[part.slug], _vocabularies(part))


class GuideMixin:
    """The guide beside each form of a case, and what the scripts of the forms need."""

    class Media:
        css = {"all": ("admin-casebook/writing.css",)}
        js = tuple(
            Script(f"admin-casebook/{name}.js", defer=True) for name in ("rows", "terms", "completeness", "picker")
        )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """The form page with its guide. The bar of the parts leads on; the list of models would narrow the page."""
        match = request.resolver_match
        part = BY_SLUG[match.kwargs.get("part", IDENTITY.slug)] if match else IDENTITY
        context = {
            "is_nav_sidebar_enabled": False,
            "casebook_guide": partial(guide_of, part),
            "casebook_map": projection if CasePlace in {inline.model for inline in part.inlines} else None,
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, context)
