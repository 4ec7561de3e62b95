"""What a text of the collection must not hold: the table «Style» of docs/editing.md, as far as a machine can tell."""

from __future__ import annotations

import re

#: Official names keep their own spelling. Cut out of a text before its spelling is looked at.
OFFICIAL = (
    "Ateneo Social Science Research Center",  # Bicol: a centre of the Ateneo de Naga University
    "Batis Center for Women",  # Bicol: its training material was used
    "Scalabrini Migration Center",  # Bicol: likewise
    "Center for Popular Democracy",  # New York: author of the study of 2013
    "what kind of body the Center is",  # New York: the same one, in a note on it
    "City Identification Card Program",  # New York: the card's official name
)

AMERICAN = re.compile(
    r"\b(?:(?:center|color|favor|flavor|harbor|honor|labor|neighbor|endeavor|rumor|vapor|behavior)(?:s|ed|ing|able|al|ly"
    r"|ful|hoods?|less|ite|ites)?|programs?|percent|(?:de|of)fenses?|fulfills?|fulfillment|enrolls?|enrollments?"
    r"|installments?|skillful\w*|travel(?:ed|ers?|ing)|label(?:ed|ing)|model(?:ed|ing)|counsel(?:ed|ors?|ing)"
    r"|cancel(?:ed|ing)|catalogs?|dialogs?|toward|skeptic\w*|\w+lyz(?:e|ed|es|ing|ers?)|(?:kilo|centi)?meters?|liters?"
    r"|theaters?|gray|plow\w*|jewelry|gotten|practic(?:ed|ing))\b",
    re.IGNORECASE,
)
#: The United Nations write -ize. These words, and what is built on them, have -ise by origin.
ISE = re.compile(r"\b\w+is(?:e|ed|es|ing|ations?|ers?)\b", re.IGNORECASE)
ISE_BY_ORIGIN = re.compile(
    r"(?:adv|advert|ar|chast|compr|comprom|cr|dem|desp|dev|disgu|enterpr|ex|exerc|expert|franch|gu|improv|inc|likew|merchand"
    r"|no|otherw|parad|ph|po|pract|pra|prec|prem|prom|ra|rev|r|superv|surm|surpr|telev|treat|upr|w)is"
    r"(?:e|ed|es|ing|ers?)",
    re.IGNORECASE,
)
#: Quoted in editorial notes as the paper prints it, or the name of a fund.
QUOTED = ("desecentralized", "FAISE")

PATTERNS = {
    "space at an end": re.compile(r"\A\s|\s\Z"),
    "double space": re.compile(r"[^\S\n]{2,}|[\t\u00a0\u200b\u202f\u2009\u00ad\ufeff]"),
    "line break": re.compile(r"(?<!\n)\n(?!\n)|\n{3,}"),
    "thousands separator": re.compile(r"(?<![\d.])\d{1,3}(?:[,.'’]\d{3})+(?![\d,.]?\d)|\b\d{1,3}(?: \d{3})+\b"),
    "per cent sign": re.compile(r"%"),
    "currency sign": re.compile(r"[$€£¥₹₡₱]"),
    "address": re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|org|net|int|gov)\b", re.IGNORECASE),
    "HTML": re.compile(r"</?[a-zA-Z!]|&#?\w+;"),
    "Markdown": re.compile(r"\*|__|`|\]\(|^\s*(?:#+|>|\|)\s", re.MULTILINE),
    "list": re.compile(r"^\s*(?:[-–—•·o◦]|\(?(?:\d{1,2}|[a-z])[.)])\s", re.MULTILINE),
    "straight quotes": re.compile(r'"'),
}


def faults(text: str) -> list[str]:
    """What is wrong with a text: first its form, then its spelling."""
    found = [name for name, pattern in PATTERNS.items() if pattern.search(text)]
    spelt = text
    for name in (*OFFICIAL, *QUOTED):
        spelt = spelt.replace(name, "")
    found += [f"American spelling: {word}" for word in AMERICAN.findall(spelt)]
    found += [f"-ise: {word}" for word in ISE.findall(spelt) if not ISE_BY_ORIGIN.fullmatch(word)]
    return found


def unended(text: str) -> list[str]:
    """The paragraphs that do not end as a sentence does."""
    return [part for part in text.split("\n\n") if not re.search(r"[.!?][”)]?\Z", part)]


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?](?=[”)]?(?:\s|\Z))", text))
