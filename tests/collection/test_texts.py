"""The style of docs/editing.md: what counts as a fault, and that the texts which cases share have none."""

from __future__ import annotations

import pytest

from .files import SHARED_TEXTS, SLUGS, files, texts
from .style import OFFICIAL, QUOTED, faults, sentences, unended

FAULTY = {
    " Led by the council.": ["space at an end"],
    "Led by the council.\n": ["space at an end", "line break"],
    "Led  by the council.": ["double space"],
    "Led\u00a0by the council.": ["double space"],
    "Led by\nthe council.": ["line break"],
    "It led.\n\n\nIt paid.": ["line break"],
    "It paid USD 13,275.": ["thousands separator"],
    "It paid 1.250.000 in all.": ["thousands separator"],
    "It paid 12 400 000 in all.": ["thousands separator"],
    "It paid 12'400 in all.": ["thousands separator"],
    "About 7.5% of all.": ["per cent sign"],
    "It paid $500.": ["currency sign"],
    "It paid €500.": ["currency sign"],
    "See www.bcn.cat for more.": ["address"],
    "See https://example.int/a.": ["address"],
    "The site grdr.org has it.": ["address"],
    "It led <b>first</b>.": ["HTML"],
    "Work &amp; life.": ["HTML"],
    "It led **first**.": ["Markdown"],
    "A [link](there).": ["Markdown"],
    "# Results": ["Markdown"],
    "Three led:\n\n- the council.": ["list"],
    "Three led:\n\n1. the council.": ["list"],
    "• The council.": ["list"],
    'The "council" led.': ["straight quotes"],
    "A center for labor.": ["American spelling: center", "American spelling: labor"],
    "Programs in color for neighbors, neighborhoods, in their favor and behavior.": [
        "American spelling: Programs",
        "American spelling: color",
        "American spelling: neighbors",
        "American spelling: neighborhoods",
        "American spelling: favor",
        "American spelling: behavior",
    ],
    "It analyzed ten percent.": ["American spelling: analyzed", "American spelling: percent"],
    "It organises and mobilised an organisation.": ["-ise: organises", "-ise: mobilised", "-ise: organisation"],
    "Institutionalising decentralised aid.": ["-ise: Institutionalising", "-ise: decentralised"],
}

CLEAN = [
    "The programme of 2014 has 12400 members, 37.3 per cent of all.",
    "In 2004, 250 met; in 2007, 2008 and 2010, 85 did.",
    "Local Law 4/2000 and Law No. 253 of 2004 raise, revise and advise.",
    "The council recognized the organizations and analysed their labour.",
    "First paragraph.\n\nSecond: “so”, it says – and that is so.",
    "Health, education; the Mayor's office, M&D and GE@W.",
    "The Center for Popular Democracy advises otherwise.",
    "An enterprise with expertise exercises precise supervision.",
]


@pytest.mark.parametrize("text", FAULTY)
def test_fault_is_found(text):
    assert faults(text) == FAULTY[text]


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_has_none(text):
    assert faults(text) == []


def test_sentences_and_their_ends():
    assert unended("One led.\n\nTwo paid\n\nThree “left.”\n\nFour (2014).") == ["Two paid"]
    assert unended("They led:") == ["They led:"]
    assert [sentences(text) for text in ("It led.", "It led in 37.3 per cent. It “paid.” So?", "")] == [1, 3, 0]


@pytest.mark.parametrize("name", [*OFFICIAL, *QUOTED])
def test_every_exception_is_needed(name):
    """A name that no text has any more goes from the list."""
    fields = [row.get(field) for row in files().rows for field in ("text", "title", "reason", "description")]
    assert [text for text in fields if name in str(text)] != []


@pytest.mark.parametrize("model", SHARED_TEXTS)
def test_shared_texts_keep_the_style(model):
    found = [
        f"{row.name}: {name}: {fault}"
        for row, name, text in texts(files().of(model), SHARED_TEXTS)
        for fault in [*faults(text), *unended(text)]
    ]
    assert found == []


@pytest.mark.parametrize("model", SHARED_TEXTS)
def test_shared_texts_are_of_a_fit_length(model):
    bounds = SHARED_TEXTS[model]
    lengths = [(row.name, name, len(text)) for row, name, text in texts(files().of(model), SHARED_TEXTS)]
    assert [found for found in lengths if not bounds[found[1]][0] <= found[2] <= bounds[found[1]][1]] == []


def test_every_case_has_texts_of_every_kind():
    """So that a rule never passes for want of anything to look at."""
    kinds = ("narrative", "component", "figure", "caseterm", "illustration", "editorialnote", "keyelement", "objective")
    assert [(slug, kind) for slug in SLUGS for kind in kinds if not files().of(kind, slug)] == []
