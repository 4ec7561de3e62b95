"""The committed third-party files are the ones the manifest pins: no more, no fewer, no other bytes."""

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
PACKAGES = json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]


def test_vendored_files_are_exactly_those_of_the_manifest():
    expected = {path: digest for entry in PACKAGES for path, digest in entry["files"].items()}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path != MANIFEST
    }
    assert found == expected


def test_every_package_is_pinned_and_ships_its_licence():
    for entry in PACKAGES:
        assert entry["integrity"].startswith("sha512-"), entry["package"]
        assert entry["version"][0].isdigit(), entry["package"]
        assert "LICENSE" in {path.rpartition("/")[2] for path in entry["files"]}, entry["package"]


def test_no_vendored_script_or_sheet_names_a_source_map():
    sheets = [path for path in VENDOR.rglob("*") if path.suffix in {".js", ".css"}]
    assert [path.name for path in sheets if b"sourceMappingURL" in path.read_bytes()] == []
