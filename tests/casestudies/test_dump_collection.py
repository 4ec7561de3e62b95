"""Database to files and back: the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.conf import settings as project
from django.core.management import CommandError, call_command

from casestudies import models
from casestudies.collection.dumping import LOADDATA_ORDER, dump_texts
from casestudies.collection.emitting import emit, scalar
from casestudies.collection.schema import collection_models, default_of, fields_of, key_of
from casestudies.collection.state import read_state
from casestudies.revisions import start_revision
from tests import factories as f
from tests.casestudies.collection import AWKWARD, build, bytes_of, clear, load, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.FIXTURE_DIRS = [tmp_path / "fixtures"]
    (tmp_path / "fixtures").mkdir()
    return tmp_path / "fixtures"


def test_small_collection_has_every_model():
    build()
    assert [label for label, model in collection_models().items() if not model.objects.exists()] == []


def test_load_and_dump_give_the_same_bytes(folder):
    build()
    run("dump_collection", folder)
    before, state = bytes_of(folder), read_state("default")
    clear()
    load()
    assert {label: {key: row.fields for key, row in rows.items()} for label, rows in state.rows.items()} == {
        label: {key: row.fields for key, row in rows.items()} for label, rows in read_state("default").rows.items()
    }
    assert run("dump_collection", folder).splitlines() == [f"{len(before)} files, 0 changed."]
    assert bytes_of(folder) == before


def test_files_of_the_portal_load_and_dump_the_same_bytes(tmp_path):
    fixtures = Path(project.BASE_DIR / "fixtures")
    load()
    run("dump_collection", tmp_path)
    assert bytes_of(tmp_path) == {name: text for name, text in bytes_of(fixtures).items() if name.endswith(".yaml")}


def test_loaddata_fills_an_empty_database(folder):
    build()
    run("dump_collection", folder)
    before = bytes_of(folder)
    clear()
    call_command("loaddata", *(str(p) for glob in LOADDATA_ORDER for p in sorted(folder.glob(glob))), verbosity=0)
    assert run("dump_collection", folder).splitlines() == [f"{len(before)} files, 0 changed."]
    assert load()[-1].startswith("0 created, 0 updated, ")


def test_loaddata_order_names_every_file(folder):
    build()
    run("dump_collection", folder)
    named = {path for glob in LOADDATA_ORDER for path in folder.glob(glob)}
    assert named == set(folder.rglob("*.yaml"))


def test_working_revision_is_not_written(folder):
    vaud = build()
    run("dump_collection", folder)
    before = bytes_of(folder)
    revision = start_revision(vaud)
    f.FigureFactory(case=revision)
    f.CaseFactory._meta.model.objects.filter(pk=revision.pk).update(title="Another")
    run("dump_collection", folder)
    assert bytes_of(folder) == before


def test_layout(folder):
    build()
    run("dump_collection", folder)
    assert set(bytes_of(folder)) == {
        "case-links.yaml", "cases/4-01-quinte.yaml", "cases/4-12-vaud.yaml", "collections.yaml", "countries.yaml",
        "currencies.yaml", "organizations.yaml", "glossary.yaml", "accepted-findings.yaml", "recommendations.yaml",
        "sources.yaml",
        *(f"vocabularies/{slug}.yaml" for slug in models.Vocabulary.objects.values_list("slug", flat=True)),
    }  # fmt: skip
    figures = [r for r in yaml.safe_load((folder / "cases/4-12-vaud.yaml").read_text()) if "figure" in r["model"]]
    assert list(figures[0]["fields"])[:6] == ["case", "key", "position", "section", "label", "low"]


def test_case_file_as_text(folder):
    case = f.CaseFactory(slug="bicol", ordinal=9, name="Bicol", title="No", country=f.CountryFactory(code="NO"))
    f.NarrativeFactory(case=case, key="overview", position=1, text="Word " * 30 + "end.\n\nNext paragraph: 4.10")
    run("dump_collection", folder)
    assert (folder / "cases/4-09-bicol.yaml").read_text(encoding="utf-8") == (
        "- model: casestudies.case\n"
        "  fields:\n"
        "    collection: [white-paper-2015]\n"
        "    ordinal: 9\n"
        "    slug: bicol\n"
        "    status: published\n"
        "    name: Bicol\n"
        "    title: 'No'\n"
        "    country: ['NO']\n"
        "- model: casestudies.narrative\n"
        "  fields:\n"
        "    case: [bicol]\n"
        "    key: overview\n"
        "    position: 1\n"
        "    section: overview\n"
        "    text: >-\n"
        f"      {'Word ' * 18}Word\n"
        f"      {'Word ' * 11}end.\n"
        "\n"
        "\n"
        "      Next paragraph: 4.10\n"
    )


def test_rows_stand_by_position_then_by_key_in_code_points(folder):
    case = f.CaseFactory(slug="bicol", ordinal=9)
    for key, position in (("b", 2), ("a", 2), ("a-1", 2), ("z", 1), ("c", 10)):
        f.KeyElementFactory(case=case, key=key, position=position)
    run("dump_collection", folder)
    records = yaml.safe_load((folder / "cases/4-09-bicol.yaml").read_text(encoding="utf-8"))
    assert [r["fields"]["key"] for r in records[1:]] == ["z", "a", "a-1", "b", "c"]


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_reads_back(text):
    assert yaml.safe_load(emit([("m", {"text": text, "keys": [[text]]})])) == [
        {"model": "m", "fields": {"text": text, "keys": [[text]]}}
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain words, and more", "plain words, and more"),
        ("it's", "it's"),
        ("4.10", "'4.10'"),
        ("a: b", "'a: b'"),
        ("", "''"),
    ],
)
def test_quotes_only_where_needed(text, written):
    assert scalar(text) == written


def test_check_lists_what_differs_and_writes_nothing(folder):
    build()
    run("dump_collection", folder)
    assert "are as the database has them" in run("dump_collection", folder, check=True)
    (folder / "cases/4-99-old.yaml").write_text("[]")
    (folder / "sources.yaml").write_text("[]")
    before = bytes_of(folder)
    with pytest.raises(CommandError, match=r"\Acases|has it:\ncases/4-99-old.yaml\nsources.yaml\Z") as caught:
        run("dump_collection", folder, check=True)
    assert (caught.value.returncode, bytes_of(folder)) == (1, before)


def test_stale_files_of_the_layout_go_and_others_stay(folder):
    build()
    run("dump_collection", folder)
    before = bytes_of(folder)
    for name in ("cases/4-99-old.yaml", "sources-4-12.yaml", "vocabularies/old.yaml", "notes.yaml", "cases/README.md"):
        (folder / name).write_text("x")
    run("dump_collection", folder)
    assert set(bytes_of(folder)) - set(before) == {"notes.yaml", "cases/README.md"}


def test_empty_database_deletes_no_file(folder):
    (folder / "sources.yaml").write_text("[]")
    with pytest.raises(CommandError, match="holds no collection"):
        run("dump_collection", folder)
    assert set(bytes_of(folder)) == {"sources.yaml"}


def test_natural_keys_are_those_of_the_models():
    build()
    for label, rows in read_state("default").rows.items():
        model = collection_models()[label]
        for key, row in rows.items():
            assert key == key_of(label, row.fields) == model.objects.get(pk=row.pk).natural_key()


def test_bookkeeping_is_no_part_of_it():
    assert {"created_at", "updated_at", "version", "sort_key", "revises"}.isdisjoint(fields_of("casestudies.case"))
    assert default_of("casestudies.figure", "qualifier") == "exact"


def test_a_link_to_a_working_revision_is_left_out():
    """The files know no working revision; the admin offers none, but the database would hold such a link."""
    case, other = f.CaseFactory(slug="one"), f.CaseFactory(slug="two")
    revision = f.CaseFactory(slug="two", revises=other)
    f.CaseLinkFactory(case=case, key="good", other=other)
    f.CaseLinkFactory(case=case, key="bad", other=revision)
    links = dump_texts("default")["case-links.yaml"]
    assert ("key: good" in links, "key: bad" in links) == (True, False)
