"""A small collection that has every model and awkward text, and what its tests do with it."""

from __future__ import annotations

import datetime
from io import StringIO
from pathlib import Path

import yaml
from django.core.management import call_command

from casestudies import models
from casestudies.collection.schema import collection_models, key_of
from tests import factories as f
from tests.remembering import remembered

AWKWARD = [
    'Sédhiou: «Maison» – l\'État, "Åland"',
    "- starts like a list",
    " leading and trailing ",
    "4.10",
    "1e3",
    "0x1F",
    "no",
    "null",
    "~",
    "2014-01-01",
    "12:30",
    "ends with a colon:",
    "has # a hash",
    "#hash",
    "=",
    "<<",
    "[a, b]",
    "{a: b}",
    "!tag",
    "%percent",
    "@at",
    "`tick`",
    "it's \\ back",
    "tab\there",
    "no-break\u00a0space and line\u2028separator",
    "emoji \U0001f30d",
    "First paragraph.\n\nSecond paragraph.\n- a list\n- of two",
    "x" * 200,
    "A sentence of some words: " * 9 + "end",
    "double  spaces  " * 12 + "end",
    "A long line that ends with a space " * 4,
    "\n\nstarts with lines, and is " + "long " * 30 + "\n",
    "indented\n  lines\n    stay",
]


@remembered
def build() -> models.Case:
    """Every model once at least, in the case «vaud», with a second case, a draft."""
    vaud = f.CaseFactory(slug="vaud", ordinal=12, name="Vaud", last_checked_on=datetime.date(2015, 6, 30))
    quinte = f.CaseFactory(slug="quinte", ordinal=1, status="draft", country=f.CountryFactory(code="NO"))
    canton = f.OrganizationFactory(slug="canton", types=[f.term("actor-type", "local-government")])
    f.OrganizationFactory(slug="office", parent=canton, successor=f.OrganizationFactory(slug="bureau"))
    f.OrganizationNameFactory(organization=canton, key="etat")
    f.SubPointFactory(recommendation__number=14)
    f.CaseRedirectFactory(case=vaud, old_slug="canton-de-vaud")
    f.BudgetFactory(case=vaud, total="12400000.50", note="Paid by the Canton.\r\n\r\nAnd the State.")
    actor = f.CaseActorFactory(case=vaud, key="canton", organization=canton, roles=[f.term("role", "funds")])
    for made in f.child_factories().values():
        extra = {"organization": f.OrganizationFactory(slug="bureau")} if made is f.CaseActorFactory else {}
        made(case=vaud, key="first", **({"other": quinte} if made is f.CaseLinkFactory else extra))
    f.CoordinationMechanismFactory(
        case=vaud, key="board", members=[actor], levels=[f.term("tier", "local"), f.term("tier", "national")]
    )
    f.MilestoneFactory(case=vaud, key="law", bodies=[f.OrganizationFactory(slug=f"body-{'x' * n}") for n in range(12)])
    f.ObjectiveFactory(case=vaud, key="one", broad_objectives=[f.term("objective", "rights-based-flows")])
    f.BeneficiaryGroupFactory(case=vaud, key="women", groups=[f.term("beneficiary", "women")])
    child = f.ComponentFactory(case=vaud, key="a-child", position=1)
    child.parent = f.ComponentFactory(case=vaud, key="the-parent", position=2)
    child.save()
    f.CaseTermFactory(case=vaud, key="approach", term=f.term("approach", "mixed"))
    f.FigureFactory(case=vaud, key="members", position=3, low="-4.10", high="0", stated="4.10")
    f.AcronymFactory(slug="ccci-vaud", acronym="CCCI", cases=[vaud, quinte], organization=canton)
    f.AcceptedFindingFactory(rule="no-narrative", subject="vaud/results")
    f.EditorialNoteFactory(case=vaud, key="note", about="figures/members")
    for number, text in enumerate(AWKWARD):
        f.ComponentFactory(case=vaud, key=f"awkward-{number:02}", position=10 + number, text=text, title=text[:80])
    return vaud


def clear() -> None:
    """Leaves nothing of the collection in the database."""
    models.Organization.objects.update(parent=None, successor=None)
    models.Term.objects.update(parent=None)
    for model in (*reversed(collection_models().values()), models.LoadedRecord):
        model._base_manager.all().delete()


def run(command: str, *arguments: object, **options: object) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def load(*arguments: object, **options: object) -> list[str]:
    """The lines of a load's report."""
    return run("load_collection", *arguments, **options).splitlines()


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Files:
    """The files of a folder, to be changed record by record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self, name: str) -> list[dict]:
        path = self.folder / name
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []

    def write(self, name: str, records: list[dict]) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(records, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def change(self, name: str, model: str, key: tuple, /, **fields: object) -> None:
        """Other fields for one record."""
        records = self.records(name)
        self._find(records, model, key)["fields"].update(fields)
        self.write(name, records)

    def add(self, name: str, model: str, /, **fields: object) -> None:
        self.write(name, [*self.records(name), {"model": f"casestudies.{model}", "fields": fields}])

    def remove(self, name: str, model: str, key: tuple) -> None:
        records = self.records(name)
        records.remove(self._find(records, model, key))
        self.write(name, records)

    def _find(self, records: list[dict], model: str, key: tuple) -> dict:
        label = f"casestudies.{model}"
        return next(r for r in records if r["model"] == label and key_of(label, r["fields"]) == key)
