"""Test against the newest version of every dependency: `make test-latest`, which runs `python -m tests.latest`.

Prints which packages are newer than in `constraints.txt`. When a quick test fails with all of them, each newer package
is tried alone beside the locked ones, so that the report names the version that breaks a test. Exit status 1 when
something breaks.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
PROJECT = f"{ROOT}[test]"


def pins(text: str) -> dict[str, str]:
    """Package -> version, for this system and this Python, of the lines of a constraints file."""
    requirements = (Requirement(line.partition("#")[0]) for line in text.splitlines() if line[:1].isalnum())
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def locked() -> dict[str, str]:
    """Package -> version, as `constraints.txt` pins them."""
    return pins(CONSTRAINTS.read_text(encoding="utf-8"))


def newest() -> dict[str, str]:
    """Package -> version, as they would be installed today without constraints."""
    command = "compile --quiet --universal --upgrade --all-extras --python-version 3.11 pyproject.toml"
    return pins(_uv("pip", *command.split()))


def newer() -> dict[str, str]:
    """The packages whose newest version is not the locked one."""
    old = locked()
    return {name: version for name, version in newest().items() if name in old and old[name] != version}


def failing(python: Path, tests: Iterable[str] = ()) -> list[str]:
    """The quick tests that fail in an environment; `tests` limits them to these."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-m", "not long", "-o", "junit_family=xunit1", "--junit-xml", str(report)]
        subprocess.run(
            [str(python), "-m", "pytest", *options, *tests], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
        )
        cases = ElementTree.parse(report).iter("testcase")
        wrong = (case for case in cases if case.find("failure") is not None or case.find("error") is not None)
        return [f"{case.get('file')}::{case.get('name')}" for case in wrong]


def culprits(versions: Mapping[str, str], tests: Iterable[str], folder: Path) -> dict[str, list[str]]:
    """The newer packages of which each alone, beside the locked ones, makes some of the tests fail."""
    python = _environment(folder, "--constraint", str(CONSTRAINTS))
    old = locked()
    broken: dict[str, list[str]] = {}
    for name, version in versions.items():
        _install(python, "--no-deps", f"{name}=={version}")
        if found := failing(python, tests):
            broken[f"{name} {version}"] = found
        _install(python, "--no-deps", f"{name}=={old[name]}")
    return broken


def main() -> int:
    """Print what is newer and what it breaks; the exit status says whether anything breaks."""
    versions = newer()
    if not versions:
        print("Every locked version is the newest.")
        return 0
    for name, version in sorted(versions.items()):
        print(f"{name} {version} is newer than the locked {locked()[name]}")
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder) / "newest")
        found = failing(python)
        if not found:
            print("All quick tests pass with the newest versions: run `make lock` to take them over.")
            return 0
        broken = culprits(versions, found, Path(folder) / "locked")
        for package, tests in (broken or {"The newest versions together": found}).items():
            print(f"{package} breaks:", *tests, sep="\n  ")
    return 1


def _environment(folder: Path, *options: str) -> Path:
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    _install(python, *options, PROJECT)
    return python


def _install(python: Path, *words: str) -> None:
    _uv("pip", "install", "--quiet", "--python", str(python), *words)


def _uv(*words: str) -> str:
    command = [sys.executable, "-m", "uv", *words]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
