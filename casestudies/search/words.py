"""Words of a text and of a question: accents and case folded, stemmed. Knows no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from ..text import fold

#: Move it when words are made otherwise than before: every process then makes them anew.
RULES = 1
#: The languages of the collection's texts, by whose rules words are stemmed.
LANGUAGES = ("english",)
#: A question is cut off at so many letters and words.
LONGEST, MOST_WORDS = 200, 8
#: The last word of a question counts as the beginning of one from so many letters on.
SHORTEST_PREFIX = 2
#: Words are cut off at so many letters: PostgreSQL takes no longer ones than two kilobytes.
LONGEST_WORD = 100

# The letters named are marks to SQLite's tokenizer: words would not stay whole there.
LETTER = r"[^\W_\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3]"
WORD = re.compile(f"{LETTER}+")
# A word of a text as it stands: with the accents that are written apart from their letters.
SPAN = re.compile(rf"{LETTER}+(?:[\u0300-\u036f]+{LETTER}*)*")
PHRASE = re.compile(r'"([^"]*)"|“([^”]*)”|«([^»]*)»')


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order: «L'Oriental, Sédhiou» gives l, oriental, sedhiou."""
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(text))]


def spans_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of a text, folded, with where it begins and ends in the text as it is."""
    for match in SPAN.finditer(text):
        # Folding can make two words of one («½»): those are found by either.
        for word in words_of(match.group()):
            yield word, match.start(), match.end()


@lru_cache(maxsize=50_000)
def stems_of(word: str) -> tuple[str, ...]:
    """The stems of a folded word in the collection's languages; none for numbers."""
    if word.isdigit():
        return ()
    return tuple(dict.fromkeys(snowballstemmer.stemmer(language).stemWord(word) for language in LANGUAGES))


@dataclass(frozen=True)
class Word:
    """A word that is asked for: as it is or by its stem; or, as the last one, the beginning of a word."""

    text: str
    is_prefix: bool = False
    # Within quotes the word counts as it is, not by its stem.
    is_exact: bool = False

    def matches(self, word: str) -> bool:
        """Whether a folded word of a text is what was asked for."""
        if word == self.text or (self.is_prefix and word.startswith(self.text)):
            return True
        return not self.is_exact and bool(set(stems_of(self.text)) & set(stems_of(word)))


@dataclass(frozen=True)
class Question:
    """What a reader asks for: words, all of which a case must have, and phrases in quotes."""

    text: str
    words: tuple[Word, ...]
    phrases: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words)


def read_question(text: str) -> Question:
    """A question as typed, reduced to words and phrases; nothing in it can be an error.

    The last word stands for all words that begin with it, unless it is within quotes or a space follows it.
    """
    text = unicodedata.normalize("NFC", text)
    text = " ".join(text[:LONGEST].split()) + (" " if text[:LONGEST].endswith(" ") else "")
    phrases = [tuple(words_of(next(filter(None, groups), ""))) for groups in PHRASE.findall(text)]
    rest = PHRASE.sub(" ", text)
    loose = words_of(rest)
    found = [Word(word, is_exact=True) for phrase in phrases for word in phrase]
    found += [Word(word) for word in loose]
    if loose and len(loose[-1]) >= SHORTEST_PREFIX and text.endswith(rest[-1:]) and rest[-1:].isalnum():
        found[-1] = Word(loose[-1], is_prefix=True)
    found = list(dict.fromkeys(found))[:MOST_WORDS]
    return Question(text.strip(), tuple(found), tuple(phrase for phrase in phrases if len(phrase) > 1))
