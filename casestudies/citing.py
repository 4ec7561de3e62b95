"""What a case takes from a work: its entry in the list of sources, and the rows that cite it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.text import capfirst

from .models import Case, CaseLink, CaseSource, Illustration, Source
from .querysets import published_condition

# What the words of a row need beyond its own relations.
DEEPER = {Illustration: ("subpoint__recommendation",), CaseLink: ("other__collection",)}


@dataclass
class Use:
    """How one case uses one work."""

    # In which sections, by which of the paper's notes, and for what.
    entries: list[CaseSource] = field(default_factory=list)
    # The rows that cite it, by what kind of row they are: {"Figures": [«Foreign residents: 100», …]}.
    rows: dict[str, list[str]] = field(default_factory=dict)


def citations(source: Source, cases: Iterable[Case]) -> list[tuple[Case, Use]]:
    """Each case with its use of the work, in the order given; one query for each kind of row that can cite."""
    found = {case.pk: (case, Use()) for case in cases}
    for model in Source.objects.citing_models():
        names = [each.name for each in model._meta.fields if each.is_relation and each.name not in ("case", "source")]
        rows = model._base_manager.filter(source=source, case__in=list(found)).select_related(
            *names, *DEEPER.get(model, ())
        )
        if model is CaseLink:
            # A link's words name the other case, which may not be public.
            rows = rows.filter(published_condition("other__"))
        kind = capfirst(str(model._meta.verbose_name_plural))
        for row in rows.order_by("pk"):
            use = found[row.case_id][1]
            if isinstance(row, CaseSource):
                use.entries.append(row)
            else:
                use.rows.setdefault(kind, []).append(str(row))
    return list(found.values())
