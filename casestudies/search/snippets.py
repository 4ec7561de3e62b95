"""Where in a case the words of a question stand: the passages that say most, with the words marked.

Made for the cases of one page only, from the texts as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from ..models import Case, CaseActor, CaseTerm, SearchText
from .texts import SHARED_HEADINGS, SHARED_ZONES, ZONES, Passage, passages_of
from .words import Question, Word, spans_of

#: How many snippets a case gets, and how many letters one has around its first mark.
SNIPPETS, BEFORE, AFTER = 2, 60, 120
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


def snippets(question: Question, cases: Iterable[Case]) -> dict[int, list[Snippet]]:
    """The best snippets of each case, by primary key. As many queries as there are kinds of rows, and two more."""
    passages = passages_of(cases)
    for pk, more in _shared_passages(list(passages)).items():
        passages[pk] += more
    return {pk: _best(question, found) for pk, found in passages.items()}


def _shared_passages(pks: list[int]) -> dict[int, list[Passage]]:
    """What the cases are classed under, and who acts in them, as passages."""
    found: dict[int, list[Passage]] = {pk: [] for pk in pks}
    terms = CaseTerm.objects.filter(case__in=pks).order_by("case", "pk")
    for pk, label in terms.values_list("case_id", "term__label"):
        found[pk].append(Passage(SHARED_ZONES[Kind.TERM], SHARED_HEADINGS[Kind.TERM], label))
    actors = CaseActor.objects.filter(case__in=pks).order_by("case", "pk")
    names = ("organization__name", "organization__acronym", "organization__original_name")
    for pk, *texts in actors.values_list("case_id", *names):
        name, acronym, original = texts
        text = " ".join(filter(None, [name, f"({acronym})" if acronym else "", original and f"– {original}"]))
        found[pk].append(Passage(SHARED_ZONES[Kind.ORGANIZATION], SHARED_HEADINGS[Kind.ORGANIZATION], text))
    return found


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
            ranked.append((-len({number for number, *_ in marks}), -ZONES[passage.zone], order, passage, marks))
    chosen, seen, shown = [], set(), set()
    for _words, _zone, _order, passage, marks in sorted(ranked, key=lambda each: each[:3]):
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
    start = 0 if first <= BEFORE else _after_space(text, first - BEFORE)
    end = len(text) if len(text) <= first + AFTER else _before_space(text, first + AFTER)
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


def _after_space(text: str, at: int) -> int:
    found = text.find(" ", at)
    return at if found < 0 else found + 1


def _before_space(text: str, at: int) -> int:
    found = text.rfind(" ", 0, at)
    return at if found < 0 else found
