"""Renew the third-party files under static/vendor from their pinned packages.

    python -m mainstreaming.assets.vendor

Needs npm; a server never runs it. The manifest is the one place that pins a package: edit its
version, its integrity (``npm view PACKAGE@VERSION dist.integrity``) or the names under ``files``,
run the script, commit what changed. tests/test_vendor.py re-hashes the committed files.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"

# WhiteNoise's manifest storage looks for the file that such a comment names, and we ship no maps.
SOURCE_MAP = re.compile(rb"^.*[#@]\s*sourceMappingURL=.*\n?", re.MULTILINE)


def read_manifest() -> dict[str, Any]:
    return json.loads(MANIFEST.read_text(encoding="utf-8"))


def pinned(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    """The manifest's entry for one package."""
    for entry in manifest["packages"]:
        if entry["package"] == name:
            return entry
    raise SystemExit(f"{name} is not pinned in {MANIFEST.name}")


def verify(tarball: bytes, integrity: str) -> None:
    algorithm, _, expected = integrity.partition("-")
    if algorithm != "sha512":
        raise SystemExit(f"integrity must be sha512, not {algorithm}")
    found = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if found != expected:
        raise SystemExit(f"integrity does not match: the tarball's is sha512-{found}")


def unpack(entry: dict[str, Any]) -> dict[str, bytes]:
    """Fetch a pinned package and return its files by base name, the first of each name."""
    with tempfile.TemporaryDirectory() as folder:
        spec = f"{entry['package']}@{entry['version']}"
        subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(folder).glob("*.tgz")
        verify(packed.read_bytes(), entry["integrity"])
        files: dict[str, bytes] = {}
        with tarfile.open(packed) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    files.setdefault(Path(member.name).name, content.read())
    return files


def install(entry: dict[str, Any]) -> None:
    """Write the files an entry names and record the sha256 of each."""
    available = unpack(entry)
    for path in entry["files"]:
        target = VENDOR / path
        content = available[target.name]
        if target.suffix in {".js", ".css"}:
            content = SOURCE_MAP.sub(b"", content)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        entry["files"][path] = hashlib.sha256(content).hexdigest()


def main() -> None:
    manifest = read_manifest()
    for entry in manifest["packages"]:
        install(entry)
        print(f"{entry['package']} {entry['version']}: {len(entry['files'])} files")
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
