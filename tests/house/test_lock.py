"""The lock: what is installed is what `constraints.txt` pins, and it is complete and fresh."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.latest import ROOT, locked


def required() -> dict[str, list[Requirement]]:
    """Every package that this project and what it depends on require here, with who requires it.

    What makes the documentation, and Spark, are not installed with the tests.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: texts for name, texts in project["optional-dependencies"].items() if name not in ("docs", "spark")}
    texts = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    found: dict[str, list[Requirement]] = {}
    waiting = [Requirement(text) for text in texts]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) in seen:
                continue
            seen.add((requirement.name, extra))
            for text in distribution(requirement.name).requires or ():
                further = Requirement(text)
                if further.marker is None or further.marker.evaluate({"extra": extra}):
                    waiting.append(further)
    return found


def test_every_required_package_is_pinned_to_a_version_that_fits() -> None:
    pins = locked()
    for name, requirements in required().items():
        assert name in pins, f"{name} is not in constraints.txt: run make lock"
        for requirement in requirements:
            assert requirement.specifier.contains(pins[name], prereleases=True), f"{name}=={pins[name]}: {requirement}"


def test_the_pinned_versions_are_the_installed_ones() -> None:
    installed = {}
    for name in locked():
        try:
            installed[name] = distribution(name).version
        except PackageNotFoundError:
            continue  # for another system
    assert {name: version for name, version in locked().items() if name in installed} == installed
