"""What the documents name exists, and what exists is named in them."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import get_resolver

from casestudies.choices import BudgetBand
from casestudies.exports.codebook import codebook
from casestudies.facets import FACETS, NOT_REPORTED
from casestudies.selection import MATCH_ALL, RELEVANCE, SEARCH, SORTS, VIEW_PARAMETERS, YEARS

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_cells(document: str, heading: str) -> list[str]:
    """The code words in the first cells of the first table below a heading."""
    below = document.split(f"## {heading}\n")[1]
    table = re.search(r"(?:^\|.*\n)+", below, re.M).group()
    return [word for row in table.splitlines()[2:] for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_the_codebook_is_the_one_that_the_code_writes():
    assert text("docs/codebook.md") == codebook()


def test_every_filter_is_documented_and_no_other():
    parameters = [SEARCH, *(facet.name for facet in FACETS), *YEARS, MATCH_ALL, "sort", *VIEW_PARAMETERS]
    assert sorted(first_cells(text("docs/using.md"), "Filters")) == sorted(parameters)


@pytest.mark.parametrize("value", [*BudgetBand.values, NOT_REPORTED, *SORTS, RELEVANCE])
def test_values_of_budget_and_sort_are_documented(value):
    assert f"`{value}`" in text("docs/using.md")


def test_every_variable_of_the_environment_is_documented_and_no_other():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text("mainstreaming/settings.py")))
    assert set(first_cells(text("docs/deploying.md"), "Settings")) == read


# Described under a heading of their own.
DOWNLOADS = (
    "cases/download.csv",
    "cases/download.xlsx",
    "cases/download.json",
    "cases/download.geojson",
    "cases/download.zip",
    "cases/download.<form>",
    "cases/cite.<form>",
    "cases/<slug>/cite.<form>",
    "figures/download.csv",
    "figures/download.xlsx",
    "matrix/download.csv",
    "compare/download.csv",
    "compare/download.xlsx",
)


def addresses() -> set[str]:
    """Every address of the site but the admin's, as the documents write them."""
    patterns = [pattern for pattern in get_resolver().url_patterns if "admin" not in str(pattern.pattern)]
    routes = {str(p.pattern) for outer in patterns for p in getattr(outer, "url_patterns", [outer])}
    return {"/" + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", route) for route in routes}


def test_every_page_is_documented():
    documented = set(first_cells(text("docs/using.md"), "The pages"))
    shown = {address for address in addresses() if "api/" not in address}
    assert shown - documented == {f"/{path}" for path in DOWNLOADS}
    assert documented - shown == set()


def test_every_address_of_the_api_is_documented():
    documented = set(first_cells(text("docs/api.md"), "What there is"))
    # Beside them stands the answer to every other address.
    assert {address for address in addresses() if "api/" in address} == {*documented, "/^api/"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


PICTURE = re.compile(r'!\[([^\]]*)\]\(([^)\s]+\.png)(?: "[^"]+")?\)')


def test_every_picture_is_shown_and_described_and_every_picture_shown_exists():
    images = [
        (alt, document.parent / path)
        for document in DOCUMENTS
        for alt, path in PICTURE.findall(document.read_text(encoding="utf-8"))
    ]
    assert {path.resolve() for _alt, path in images} == set(ROOT.glob("docs/images/*"))
    assert [path for alt, path in images if len(alt) < 20] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_that_documents_name_exist(document):
    words = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    made = {name or other for name, other in re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", words, re.M)}
    assert made - targets == set()
    folders = ("*/management/commands/*.py", "*/*/management/commands/*.py")
    commands = {path.stem for folder in folders for path in ROOT.glob(folder)}
    named = set(re.findall(r"manage\.py ([a-z_]+)", words))
    django = {"migrate", "collectstatic", "createsuperuser", "loaddata", "makemigrations", "check", "runserver", "test",
              "axes_reset", "shell"}  # fmt: skip
    assert named - commands - django == set()
