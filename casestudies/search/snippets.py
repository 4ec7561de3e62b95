"""Where in a case the words of a question stand: the passages that say most, with the words marked.

Made for the cases of one page only, from the texts as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from pyroaring import BitMap

from ..index import Index
from ..models import Case, CaseActor, CaseChild, CaseSource, Illustration, SearchText
from .texts import SHARED_HEADINGS, SHARED_ZONES, ZONES, Passage, passages_of
from .words import Question, Word, spans_of

#: How many snippets a case gets, and how many letters one has around its first mark.
SNIPPETS, BEFORE, AFTER = 2, 60, 120
SOURCE_TITLES = ("title", "english_title", "container")
Kind = SearchText.Kind


@dataclass(frozen=True)
class Piece:
    """A stretch of a snippet: words asked for are marked."""

    text: str
    is_mark: bool


@dataclass(frozen=True)
class Snippet:
    """A cut-out of a passage: under which heading of the page it stands, and its text in pieces."""

    heading: str | Promise
    pieces: tuple[Piece, ...]


def snippets(question: Question, cases: Iterable[Case], index: Index) -> dict[int, list[Snippet]]:
    """The best snippets of each case, by primary key. As many queries as there are kinds of rows, and four more."""
    passages = passages_of(cases)
    for pk, more in _shared_passages(list(passages)).items():
        passages[pk] += more
    for pk, label in _terms(question, list(passages), index):
        passages[pk].append(Passage(SHARED_ZONES[Kind.TERM], SHARED_HEADINGS[Kind.TERM], label))
    return {pk: _best(question, found) for pk, found in passages.items()}


def _shared_passages(pks: list[int]) -> dict[int, list[Passage]]:
    """Who acts in the cases, what they illustrate and what they cite, as passages."""
    found: dict[int, list[Passage]] = {pk: [] for pk in pks}

    def add(pk: int, kind: Kind, *texts: str) -> None:
        found[pk] += [Passage(SHARED_ZONES[kind], SHARED_HEADINGS[kind], text) for text in texts if text]

    def rows(model: type[CaseChild], *names: str) -> Iterable[tuple]:
        return model._base_manager.filter(case__in=pks).order_by("case", "pk").values_list("case_id", *names)

    names = ("organization__name", "organization__acronym", "organization__original_name")
    for pk, name, acronym, original in rows(CaseActor, *names):
        text = " ".join(filter(None, [name, f"({acronym})" if acronym else "", original and f"– {original}"]))
        add(pk, Kind.ORGANIZATION, text)
    for pk, name in rows(CaseActor, "organization__other_names__name"):
        add(pk, Kind.ORGANIZATION, name)
    for pk, *texts in rows(Illustration, "recommendation__title", "recommendation__text"):
        add(pk, Kind.RECOMMENDATION, *texts)
    for pk, authors, *titles in rows(CaseSource, "source__authors", *(f"source__{name}" for name in SOURCE_TITLES)):
        add(pk, Kind.SOURCE, f"{authors}: {'. '.join(filter(None, titles))}")
    return found


def _terms(question: Question, pks: list[int], index: Index) -> Iterator[tuple[int, str]]:
    """The cases that bear a term which holds a word asked for, or one below it, and the term's label."""
    for vocabulary, terms in index.lists.terms.items():
        for term in terms:
            if marks_of(question.words, term.label):
                of_rows = index.terms.get(term.pk) or BitMap()
                cases = index.having("region", term.slug) if vocabulary == "region" else of_rows
                yield from ((pk, term.label) for pk in pks if pk in index.position and index.position[pk] in cases)


def marks_of(words: Sequence[Word], text: str) -> list[tuple[int, int, int]]:
    """Where words asked for stand in a text: which one, where it begins and where it ends."""
    return [
        (number, start, end)
        for word, start, end in spans_of(text)
        for number, asked in enumerate(words)
        if asked.matches(word)
    ]


def _best(question: Question, passages: list[Passage]) -> list[Snippet]:
    """The passages that hold most of the words, of these the most telling; titles are shown anyway."""
    ranked = []
    for order, passage in enumerate(passages):
        marks = marks_of(question.words, passage.text) if passage.heading else []
        if marks:
            # A heading that is nothing but the words asked for says nothing about them.
            words = {start for _word, start, _end in spans_of(passage.text)}
            is_bare = words == {start for _number, start, _end in marks}
            ranked.append((-len({n for n, *_ in marks}), is_bare, -ZONES[passage.zone], order, passage, marks))
    chosen, seen, shown = [], set(), set()
    for *_rank, passage, marks in sorted(ranked, key=lambda each: each[:4]):
        new = {number for number, *_ in marks} - seen
        # A second snippet says something new: another word, or another part of the case.
        if len(chosen) < SNIPPETS and (new or str(passage.heading) not in shown):
            chosen.append(_cut(passage, marks))
            seen |= new
            shown.add(str(passage.heading))
    return chosen


def _cut(passage: Passage, marks: list[tuple[int, int, int]]) -> Snippet:
    """A stretch around the place where most of the marks stand close together, cut between words."""
    text = passage.text
    # The window that begins before a mark and holds the most different words.
    _count, begin = max(
        (len({number for number, start, _end in marks if first <= start < first + AFTER}), -first)
        for _number, first, _end in marks
    )
    first = -begin
    last = max(stop for _number, start, stop in marks if start == first)
    start = 0 if first <= BEFORE else _after_space(text, first - BEFORE, first)
    end = len(text) if len(text) <= first + AFTER else _before_space(text, last, max(last, first + AFTER))
    pieces, at = [], start
    for begin, stop in sorted({(begin, stop) for _number, begin, stop in marks}):
        if start <= begin and stop <= end and begin >= at:
            pieces += [Piece(text[at:begin], False), Piece(text[begin:stop], True)]
            at = stop
    pieces.append(Piece(text[at:end], False))
    if start > 0:
        pieces.insert(0, Piece("… ", False))
    if end < len(text):
        pieces.append(Piece(" …", False))
    return Snippet(passage.heading, tuple(piece for piece in pieces if piece.text))


def _after_space(text: str, at: int, before: int) -> int:
    """Where the next word begins from `at` on; `at` where none does up to `before`, which is to be in."""
    found = text.find(" ", at - 1, before)
    return at if found < 0 else found + 1


def _before_space(text: str, after: int, at: int) -> int:
    """Where the last word that ends by `at` does; `at` where none does from `after` on, which is to be in."""
    found = text.rfind(" ", after, at + 1)
    return at if found < 0 else found
