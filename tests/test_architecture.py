"""The rules that hold the code together: who imports whom, where the gate stands, what templates may hold."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
APPS = ("casestudies", "mainstreaming", "recommendations")
# Helpers of the project that know no model: what an app may take from it.
MODEL_FREE = {"addresses", "audit", "downloads", "environment", "formfields", "pagination", "problems", "projection"}
# Within casestudies: the way imports run. A module may import what stands before it, or beside it in its own line.
LAYERS = (
    {"text", "choices"},
    {"querysets"},
    {"models"},
    {"changes", "facets", "filters"},
    {"index"},
    {"search"},
    {"abbreviations", "selection", "writing"},
    {"citations", "citing", "comparison", "forms", "grid", "inbox", "likeness", "listing"},
    {"lists"},
    {"discovery", "exports", "page", "pictures", "previews"},
    {"matrix", "showing"},
    {"views", "templatetags", "api"},
    {"urls"},
)
# Beside the layers: they may import any layer up to `page`, and no page of the site imports them.
BESIDE = {"admin", "collection", "management", "newsroom", "quality", "releasing", "revisions", "sheets"}


def modules(app: str) -> Iterator[Path]:
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def imports(path: Path, root: Path = ROOT) -> set[str]:
    """The dotted names that a module imports, relative ones resolved, those within functions included."""
    package = list(path.relative_to(root).with_suffix("").parts[:-1])
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        # What only a type checker imports does not exist at run time.
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *(node.module.split(".") if node.module else [])])
            # «from .models import Case» imports models; «from . import page» imports page.
            found |= {f"{name}.{alias.name}" for alias in node.names} | {name}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            assert isinstance(node.args[0], ast.Constant), f"{path}: a computed import hides what is imported"
            found.add(node.args[0].value)
    return found


def ours(path: Path) -> set[tuple[str, ...]]:
    """The imports of a module from the three apps, as paths."""
    return {tuple(name.split(".")) for name in imports(path) if name.split(".")[0] in APPS}


def layer(name: str) -> int | None:
    return next((index for index, names in enumerate(LAYERS) if name in names), None)


def unit(path: Path) -> str:
    """The module of an app, or the package within it, that a file belongs to: «page», «models»."""
    return path.relative_to(ROOT).parts[1].removesuffix(".py")


def test_imports_are_read_in_every_form(tmp_path):
    (tmp_path / "app" / "sub").mkdir(parents=True)
    path = tmp_path / "app" / "sub" / "module.py"
    path.write_text(
        "import a.b as c\nfrom d import e\nfrom . import f\nfrom ..g import h\ndef x():\n    from ...i import j\n"
        "importlib.import_module('k.l')\n"
    )
    assert imports(path, tmp_path) == {
        "a.b", "d", "d.e", "app.sub", "app.sub.f", "app.g", "app.g.h", "i", "i.j", "k.l",
    }  # fmt: skip


def test_recommendations_know_nothing_of_cases():
    wrong = {
        (str(path.relative_to(ROOT)), ".".join(name))
        for path in modules("recommendations")
        for name in ours(path)
        if name[0] == "casestudies" or (name[0] == "mainstreaming" and name[1:2] and name[1] not in MODEL_FREE)
    }
    assert wrong == set()


def test_cases_take_models_from_recommendations_and_helpers_from_the_project():
    wrong = set()
    for path in modules("casestudies"):
        for name in ours(path):
            if name[0] == "recommendations" and name[1:2] != ("models",):
                wrong.add((str(path.relative_to(ROOT)), ".".join(name)))
            if name[0] == "mainstreaming" and name[1:] and name[1] not in MODEL_FREE:
                wrong.add((str(path.relative_to(ROOT)), ".".join(name)))
    assert wrong == set()


def test_helpers_of_the_project_know_no_model():
    wrong = {
        (str(path.relative_to(ROOT)), ".".join(name))
        for path in modules("mainstreaming")
        for name in ours(path)
        if name[0] != "mainstreaming" and unit(path) not in {"urls", "views"}
    }
    assert wrong == set()
    assert {path.stem for path in modules("mainstreaming")} >= MODEL_FREE


def test_within_casestudies_imports_run_one_way():
    wrong, seen = set(), set()
    for path in modules("casestudies"):
        here = unit(path)
        if here in ("__init__", "apps"):
            continue
        mine = layer(here)
        assert mine is not None or here in BESIDE, f"say where {here} stands among LAYERS or BESIDE"
        for name in ours(path):
            if name[0] != "casestudies" or len(name) < 2 or name[1] == here:
                continue
            theirs = layer(name[1])
            seen.add(name[1])
            allowed = name[1] in BESIDE if theirs is None else theirs <= (layer("page") if mine is None else mine)
            if not allowed or (mine is not None and name[1] in BESIDE):
                wrong.add((str(path.relative_to(ROOT)), ".".join(name)))
    assert wrong == set()
    assert seen >= {"choices", "querysets", "models", "facets", "filters", "selection", "exports", "page", "views"}


def test_requests_stop_at_the_views():
    takers = {
        (str(path.relative_to(ROOT)), node.name)
        for path in modules("casestudies")
        if unit(path) not in {"views", "admin", "api"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and "request" in {argument.arg for argument in node.args.args}
    }
    assert takers == set()


# Where a status is named for another reason than to say what a visitor may see.
STATUS_ELSEWHERE = {"choices.py", "models", "admin", "collection", "management", "newsroom", "revisions.py", "sheets"}


def status_tests(source: str) -> list[str]:
    """What in a module tests the status of a case: a value of Status, or a look-up by status."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Status":
            found.append(f"Status.{node.attr}")
        if isinstance(node, ast.keyword) and node.arg and re.search(r"(^|__)(status|revises)(__|$)", node.arg):
            found.append(node.arg)
        if isinstance(node, ast.Constant) and node.value in ("published", "in-review", "archived"):
            found.append(node.value)
    return found


def test_one_module_says_what_visitors_may_see():
    found = {}
    for app in APPS:
        for path in modules(app):
            parts = path.relative_to(ROOT).parts
            if app == "casestudies" and parts[1] in STATUS_ELSEWHERE:
                continue
            # The HTTP status of an answer is another status.
            tests = [test for test in status_tests(path.read_text(encoding="utf-8")) if test != "status"]
            if tests:
                found["/".join(parts)] = sorted(set(tests))
    assert found == {
        "casestudies/querysets.py": [
            "Status.ARCHIVED",
            "Status.PUBLISHED",
            "case__revises__isnull",
            "case__revises__slug",
            "revises__isnull",
            "revises__slug",
        ]
    }


def test_published_is_named_in_the_gate_alone():
    """Admin and newsroom show and set a status; only the gate and the database's constraints say what visitors see."""
    users = {
        "/".join(path.relative_to(ROOT).parts)
        for app in APPS
        for path in modules(app)
        if "Status.PUBLISHED" in status_tests(path.read_text(encoding="utf-8"))
    }
    assert {user for user in users if not user.startswith(("casestudies/admin/", "casestudies/newsroom/"))} == {
        "casestudies/querysets.py"
    }


def test_managers_filter_nothing_by_default():
    from django.apps import apps

    for app in ("casestudies", "recommendations"):
        for model in apps.get_app_config(app).get_models():
            assert not model._default_manager.get_queryset().query.where, model


# Templates.

TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.svg"))
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
BLOCK = re.compile(r"{%-?\s*blocktranslate\b.*?{%-?\s*endblocktranslate\s*%}", re.DOTALL)
# Read aloud or shown.
SPOKEN = {
    "alt",
    "aria-label",
    "aria-description",
    "placeholder",
    "title",
    "data-label-auto",
    "data-label-light",
    "data-label-dark",
}
# Names and signs that are the same in every language.
SAME_EVERYWHERE = {"CSV", "XLSX", "JSON", "GeoJSON", "ZIP", "SHA-256", "CC", "BY", "4.0", "404", "400", "403", "500",
                   "#", "×", "·", "–", "○"}  # fmt: skip
# It cannot use template tags: nothing may be loaded when everything fails.
UNTRANSLATED = {"500.html"}


class Markup(HTMLParser):
    """The visible texts of a template without its tags, and its elements with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.within_code = False

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.within_code = tag == "code"

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.within_code = self.within_code and tag != "code"

    def handle_data(self, data):
        # What is code is the same in every language.
        if not self.within_code:
            self.texts.append(data)


def markup(path: Path) -> Markup:
    # An element whose name is a variable: a heading.
    text = re.sub(r"(</?){{.*?}}", r"\1h2", path.read_text(encoding="utf-8"))
    parser = Markup()
    # What a tag prints is no text of the template: a space in its place keeps the markup whole.
    parser.feed(TAG.sub(" ", BLOCK.sub(" ", text)))
    return parser


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_hold_no_inline_style_or_script(path):
    for tag, attributes in markup(path).elements:
        assert tag != "style", path
        assert tag != "script" or set(attributes) in ({"src"}, {"src", "defer"}), path
        assert [name for name in attributes if name == "style" or name.startswith("on")] == [], path
        assert not any((value or "").strip().lower().startswith("javascript:") for value in attributes.values()), path


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_visible_text_of_a_template_can_be_translated(path):
    if path.name in UNTRANSLATED:
        return
    page = markup(path)
    spoken = [
        value for _tag, attributes in page.elements for name, value in attributes.items() if name in SPOKEN and value
    ]
    words = [
        word for text in (*page.texts, *spoken) for word in text.split() if any(letter.isalpha() for letter in word)
    ]
    words = [word for word in words if word not in SAME_EVERYWHERE and word != "html>"]
    assert words == []


def test_the_translation_check_notices_plain_text(tmp_path):
    path = tmp_path / "x.html"
    path.write_text(
        '{% load i18n %}<p title="Plain title">{% translate "Good" %} Plain {{ value }}</p>'
        "{% blocktranslate %}<b>Good</b>{% endblocktranslate %}"
    )
    page = markup(path)
    assert " ".join(" ".join(page.texts).split()) == "Plain"
    assert page.elements == [("p", {"title": "Plain title"})]


# Strings in Python.


def test_gettext_is_lazy_where_a_module_is_imported():
    """A translation made at import time is the language of nobody."""
    found = set()
    for app in APPS:
        for path in modules(app):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            eager = {
                alias.asname or alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
                for alias in node.names
                if not alias.name.endswith("_lazy") and "gettext" in alias.name
            }
            found |= {
                (str(path.relative_to(ROOT)), node.lineno) for node in import_time_calls(tree) if called(node) in eager
            }
    assert found == set()


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def import_time_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that run when a module is imported: none within a function or a lambda."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from import_time_calls(node)


# Sizes and migrations.


def test_no_views_file_is_over_300_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for app in APPS
        for path in modules(app)
        if "views" in path.relative_to(ROOT).as_posix() and (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


@pytest.mark.django_db
def test_no_migration_is_missing():
    output = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=output)
    assert output.getvalue() == "No changes detected\n"
