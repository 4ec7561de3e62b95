"""Which cases a question finds, and in what order: ranking is ours, by where in a case the words stand.

Each word counts once, by the best zone that holds it (`texts.ZONES`): the name and title of a case 8, what it is
classed under and who acts in it 4, its running texts 2, figures, notes and sources 1. A case must hold every word.
Cases with the same sum stand in the order of their numbers. The sums come from bitmaps, the same on every database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pyroaring import BitMap

from ..index import Index
from ..models import Case, CaseActor, Illustration, Milestone, SearchText, Source
from . import store
from .texts import SHARED_ZONES, ZONES, shown_rows
from .words import Question

Kind = SearchText.Kind
#: The rows of a case that name things of a kind on its page, and by which field.
TIES: dict[str, tuple[tuple[type, str], ...]] = {
    Kind.ORGANIZATION: ((CaseActor, "organization"), (Milestone, "bodies")),
    Kind.SOURCE: tuple((model, "source") for model in Source.objects.citing_models()),
    Kind.RECOMMENDATION: ((Illustration, "recommendation"),),
}
BEST_FIRST = sorted(ZONES, key=lambda zone: -ZONES[zone])


class Found:
    """The cases that a question finds: `cases` as a bitmap, `tiers` by what the places of the words are worth."""

    def __init__(self, tiers: dict[int, BitMap]) -> None:
        self.tiers = [cases for _score, cases in sorted(tiers.items(), reverse=True) if cases]
        self.cases = BitMap.union(*self.tiers) if self.tiers else BitMap()

    def sorted(self, selected: BitMap) -> Iterator[int]:
        """The positions of the selected cases, the best first."""
        for tier in self.tiers:
            yield from tier & selected


def find(question: Question, index: Index) -> Found:
    """The cases that a question finds. The words are brought up to date first; answers are kept with the index."""
    if not store.is_fresh():
        store.refresh()
    return index.keep(("found", question.words, question.phrases), lambda: _find(question, index))


def _find(question: Question, index: Index) -> Found:
    hits = store.hits(question.words)
    tiers = {0: index.all}
    for number in range(len(question.words)):
        zones = _zones_of_word(number, hits, index)
        tiers = _add(tiers, zones)
    if question.phrases:
        holding = BitMap.intersection(*(_with_phrase(phrase, hits, index, tiers) for phrase in question.phrases))
        tiers = {score: cases & holding for score, cases in tiers.items()}
    return Found(tiers)


def _zones_of_word(number: int, hits: store.Hits, index: Index) -> dict[str, BitMap]:
    """The cases that hold a word, by the best zone in which they do."""
    by_zone: dict[str, BitMap] = {zone: BitMap() for zone in ZONES}
    for (word, zone, kind), pks in hits.items():
        if word == number:
            by_zone[zone if kind == Kind.CASE else SHARED_ZONES[kind]] |= _cases_of(kind, pks, index)
    better = BitMap()
    for zone in BEST_FIRST:
        by_zone[zone] -= better
        better |= by_zone[zone]
    return by_zone


def _add(tiers: dict[int, BitMap], zones: dict[str, BitMap]) -> dict[int, BitMap]:
    """The sums so far, with what another word adds to them."""
    added: dict[int, BitMap] = {}
    for score, cases in tiers.items():
        for zone, holding in zones.items():
            both = cases & holding
            if both:
                added[score + ZONES[zone]] = added.get(score + ZONES[zone], BitMap()) | both
    return added


def _cases_of(kind: str, pks: Iterable[int], index: Index) -> BitMap:
    """The cases that are, or bear, or name, things of a kind."""
    if kind == Kind.CASE:
        return index.of(pks)
    ties = index.keep(("ties", kind), lambda: _ties(kind, index))
    return BitMap.union(BitMap(), *(ties[pk] for pk in pks if pk in ties))


def _ties(kind: str, index: Index) -> dict[int, BitMap]:
    """The cases that bear or name each thing of a kind, by its primary key. Asked for once an index."""
    if kind == Kind.TERM:
        # No row of a case bears a region.
        regions = {term.pk: index.having("region", term.slug) for term in index.lists.terms.get("region", [])}
        return {pk: regions.get(pk, BitMap()) | index.terms.get(pk, BitMap()) for pk in {*regions, *index.terms}}
    if kind == Kind.COUNTRY:
        return index.bitmaps(Case.objects.published().order_by().values_list("pk", "country"))
    rows = [shown_rows(model).filter(**{f"{path}__isnull": False}).order_by() for model, path in TIES[kind]]
    pairs = (each.values_list("case", path) for each, (_model, path) in zip(rows, TIES[kind], strict=True))
    return index.bitmaps(chain.from_iterable(pairs))


def _with_phrase(phrase: tuple[str, ...], hits: store.Hits, index: Index, tiers: dict[int, BitMap]) -> BitMap:
    """The cases that hold a phrase in their own texts, or that bear something which holds it."""
    candidates = BitMap.union(BitMap(), *tiers.values())
    found = index.of(store.with_phrase(phrase, [index.pks[position] for position in candidates], Kind.CASE))
    for kind in SHARED_ZONES:
        pks = {pk for (_word, _zone, of), each in hits.items() if of == kind for pk in each}
        if pks:
            found |= _cases_of(kind, store.with_phrase(phrase, pks, kind), index)
    return found
