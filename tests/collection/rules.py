"""The rules that every case keeps. Each takes the files and a slug, and names what breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from .files import PHRASES, TEXTS, Files, Row, places, texts
from .style import faults, sentences, unended

SECTIONS = (
    "overview",
    "migratory-context",
    "institutional-background",
    "decentralization-context",
    "triggering-factors",
    "actors",
    "coordination-mechanisms",
    "objectives",
    "implementation",
    "results",
)

#: Rows that state something of the paper, and so say where.
PLACED = (
    "budget",
    "contribution",
    "period",
    "caseplace",
    "narrative",
    "component",
    "figure",
    "milestone",
    "governmenttier",
    "competence",
    "caseterm",
    "caseactor",
    "coordinationmechanism",
    "objective",
    "beneficiarygroup",
    "keyelement",
    "illustration",
)

#: The headings of the paper that places name.
CASE_HEADINGS = {
    "Overview",
    "Overview (table)",
    "Migratory context",
    "Institutional background",
    "Decentralization context",
    "Key stakeholders",
    "Implementation",
    "Key mainstreaming elements",
}
HEADINGS = {
    "Part 1": {"Introduction", "What is meant by “local”?", "Methodology"},
    "Part 2": {
        "Decentralization",
        "Dialogue and knowledge sharing mechanisms",
        "The interrelation between different sub-national levels",
        "Establishment of a new regional policy cycle",
        "Changes in the national legislative framework",
        "Changes in migration patterns",
        "Up-scaling/replication/institutionalization of existing initiatives",
        "Lack of coherence between national policies and local contexts",
        "External intervention",
        "Bottom-up and top-down approaches",
        "What are the objectives of mainstreaming processes?",
        "What actors and what roles?",
        "Triggering mechanisms",
        "Designation of a leading coordination institution",
        "Stakeholder analysis and establishment of participative mechanisms",
        "Situation analysis",
        "Awareness raising and capacity building",
        "Monitoring and evaluation",
        "Decentralized Cooperation",
        "Sustainability",
        "Challenges",
    },
    "Part 3": {"Policy recommendations"},
    # Part 4 before its first case.
    "Part 4": {"Case studies of local initiatives", "List of case studies"},
}
#: Where a case's section refers back to another's.
REFERRED = {("la-union", "Part 4.2")}

#: Which vocabularies each reference to a term takes, and whether it takes several.
TERMS = {
    ("caseterm", "term"): {"level", "migration", "state", "national-local-link", "trigger", "approach", "mechanism"},
    ("caseactor", "roles"): {"role"},
    ("coordinationmechanism", "form"): {"coordination-form"},
    ("coordinationmechanism", "levels"): {"tier"},
    ("objective", "broad_objectives"): {"objective"},
    ("beneficiarygroup", "groups"): {"beneficiary"},
}
#: A case has one term of these at most.
SINGLE = ("approach", "state")
ABOUT_FIELDS = ("title", "name", "country", "budget", "purpose")

#: Every text of a case, sentences and phrases.
ALL_TEXTS = {model: TEXTS.get(model, {}) | PHRASES.get(model, {}) for model in {*TEXTS, *PHRASES}}

Rule = Callable[[Files, str], Iterator[str]]


def every_row_has_a_place(files: Files, slug: str) -> Iterator[str]:
    yield from (row.name for row in files.case(slug) if row.model in PLACED and not row.get("place"))


def places_are_headings_of_the_case(files: Files, slug: str) -> Iterator[str]:
    """The case's own section, or Parts 1 to 3, or what stands before the cases."""
    own = f"Part 4.{files.one('case', slug)['ordinal']}"
    for row in files.case(slug):
        for part, heading in places(row):
            is_case = part == own or (slug, part) in REFERRED
            if heading not in (CASE_HEADINGS if is_case else HEADINGS.get(part, ())):
                yield f"{row.name}: {part}, {heading}"


def sections_are_of_the_ten(files: Files, slug: str) -> Iterator[str]:
    for row in files.case(slug):
        if row.get("section", SECTIONS[0]) not in SECTIONS:
            yield f"{row.name}: {row['section']}"


def every_section_has_a_narrative(files: Files, slug: str) -> Iterator[str]:
    accepted = {row["subject"] for row in files.of("acceptedfinding") if row["rule"] == "no-narrative"}
    told = Counter(row["section"] for row in files.of("narrative", slug))
    yield from (name for name in SECTIONS if told[name] != 1 and f"{slug}/{name}" not in accepted)


def shares_have_a_base(files: Files, slug: str) -> Iterator[str]:
    accepted = {row["subject"] for row in files.of("acceptedfinding") if row["rule"] == "share-without-base"}
    for row in files.of("figure", slug):
        if row["unit"] == "share" and not row.get("base") and f"{slug}/figures/{row['key']}" not in accepted:
            yield row.name


def money_has_a_currency(files: Files, slug: str) -> Iterator[str]:
    codes = {row["code"] for row in files.of("currency")}
    for row in files.case(slug):
        is_money = row.get("unit") == "money" or "total" in row.fields or "amount" in row.fields
        if is_money and row.link("currency") not in codes:
            yield row.name


def figures_are_in_order(files: Files, slug: str) -> Iterator[str]:
    for row in files.of("figure", slug):
        low, high = float(row["low"]), float(row["high"])
        if low > high or (row["unit"] == "share" and not 0 <= low <= high <= 100) or not row.get("stated"):
            yield row.name


def keys_are_unique(files: Files, slug: str) -> Iterator[str]:
    counts = Counter((row.model, row.get("key")) for row in files.case(slug) if row.model not in ("case", "budget"))
    yield from (f"{model}/{key}" for (model, key), count in counts.items() if count > 1 or not key)


def rows_stand_in_the_file_of_their_case(files: Files, slug: str) -> Iterator[str]:
    file = f"cases/4-{files.one('case', slug)['ordinal']:02}-{slug}.yaml"
    for row in files.case(slug):
        if row.file != ("case-links.yaml" if row.model == "caselink" else file):
            yield f"{row.name}: {row.file}"


def components_are_nested_in_their_section(files: Files, slug: str) -> Iterator[str]:
    sections = {row["key"]: row["section"] for row in files.of("component", slug)}
    for row in files.of("component", slug):
        if row.get("parent") and (row["parent"][0] != slug or sections.get(row["parent"][1]) != row["section"]):
            yield row.name


def notes_stand_beside_what_exists(files: Files, slug: str) -> Iterator[str]:
    rows = {f"{row.model}s/{row.get('key')}" for row in files.case(slug)}
    for row in files.of("editorialnote", slug):
        if row.get("about") and row["about"] not in ABOUT_FIELDS and row["about"] not in rows:
            yield f"{row.name}: {row['about']}"


def terms_exist(files: Files, slug: str) -> Iterator[str]:
    """In a vocabulary that the field takes, and not retired."""
    known = {(row["vocabulary"][0], row["slug"]) for row in files.of("term") if not row.get("is_retired")}
    for (model, name), vocabularies in TERMS.items():
        for row in files.of(model, slug):
            value = row.get(name, [])
            for term in value if value and isinstance(value[0], list) else [value] if value else []:
                if tuple(term) not in known or term[0] not in vocabularies:
                    yield f"{row.name}: {'/'.join(term)}"


def terms_are_used_once(files: Files, slug: str) -> Iterator[str]:
    """Each term once; of a single-valued vocabulary one term."""
    terms = [tuple(row["term"]) for row in files.of("caseterm", slug)]
    yield from ("/".join(term) for term, count in Counter(terms).items() if count > 1)
    counts = Counter(vocabulary for vocabulary, _term in terms)
    yield from (name for name in SINGLE if counts[name] > 1)


def organizations_exist(files: Files, slug: str) -> Iterator[str]:
    known = {row["slug"] for row in files.of("organization") if not row.get("is_retired")}
    for row in files.case(slug):
        names = [row.link("organization"), row.link("payer"), *(body[0] for body in row.get("bodies", []))]
        yield from (f"{row.name}: {name}" for name in names if name and name not in known)


def members_are_actors_of_the_case(files: Files, slug: str) -> Iterator[str]:
    actors = {(slug, row["key"]) for row in files.of("caseactor", slug)}
    for row in files.of("coordinationmechanism", slug):
        yield from (f"{row.name}: {member}" for member in row.get("members", []) if tuple(member) not in actors)


def works_exist_and_are_listed(files: Files, slug: str) -> Iterator[str]:
    """Every work that a row cites stands in the bibliography and among the sources of the case."""
    known = {row["slug"] for row in files.of("source") if not row.get("is_retired")}
    listed = {row.link("source") for row in files.of("casesource", slug)}
    for row in files.case(slug):
        if row.get("source") and not {row.link("source")} <= known & listed:
            yield f"{row.name}: {row.link('source')}"


def illustrations_have_a_short_reason(files: Files, slug: str) -> Iterator[str]:
    for row in files.of("illustration", slug):
        if not 1 <= sentences(row["reason"]) <= 3:
            yield row.name


def illustrations_fit_their_recommendation(files: Files, slug: str) -> Iterator[str]:
    """The recommendation exists, the sub-point is one of its own, and each is linked once."""
    numbers = {row["number"] for row in files.of("recommendation")}
    points = {(row["recommendation"][0], row["letter"]) for row in files.of("subpoint")}
    linked = Counter()
    for row in files.of("illustration", slug):
        number, point = row["recommendation"][0], tuple(row.get("subpoint", ()))
        linked[number, point] += 1
        is_own = not point or (point in points and point[0] == number)
        if number not in numbers or not is_own or linked[number, point] > 1:
            yield row.name


def texts_keep_the_style(files: Files, slug: str) -> Iterator[str]:
    for row, name, text in texts(files.case(slug), ALL_TEXTS):
        yield from (f"{row.name}: {name}: {fault}" for fault in faults(text))


def texts_end_with_a_full_stop(files: Files, slug: str) -> Iterator[str]:
    """A component's text may lead over to its parts with a colon."""
    parents = {row["parent"][1] for row in files.of("component", slug) if row.get("parent")}
    for row, name, text in texts(files.case(slug), TEXTS):
        leads_over = row.model == "component" and row["key"] in parents and text.endswith(":")
        yield from (f"{row.name}: {name}: …{part[-40:]}" for part in unended(text) if not leads_over)


def texts_are_of_a_fit_length(files: Files, slug: str) -> Iterator[str]:
    for row, name, text in texts(files.case(slug), ALL_TEXTS):
        shortest, longest = ALL_TEXTS[row.model][name]
        if not shortest <= len(text) <= longest:
            yield f"{row.name}: {name}: {len(text)}"


RULES: tuple[Rule, ...] = (
    every_row_has_a_place,
    places_are_headings_of_the_case,
    sections_are_of_the_ten,
    every_section_has_a_narrative,
    shares_have_a_base,
    money_has_a_currency,
    figures_are_in_order,
    keys_are_unique,
    rows_stand_in_the_file_of_their_case,
    components_are_nested_in_their_section,
    notes_stand_beside_what_exists,
    terms_exist,
    terms_are_used_once,
    organizations_exist,
    members_are_actors_of_the_case,
    works_exist_and_are_listed,
    illustrations_have_a_short_reason,
    illustrations_fit_their_recommendation,
    texts_keep_the_style,
    texts_end_with_a_full_stop,
    texts_are_of_a_fit_length,
)


def row_of(files: Files, model: str, key: str) -> Row:
    """The row of a copy that a test breaks."""
    return next(row for row in files.of(model) if row.get("key") == key)
