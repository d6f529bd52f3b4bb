"""The order of imports changes nothing: neither the order of trust, nor a decision, nor a byte of an export."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kg.cli import main
from tests.projects import ROOT

SOURCES = ("alpha", "beta", "gamma")
FILMS = ("f1", "Ab1", "ab1")

Rows = dict[str, tuple[str, int, int]]
"""Film -> title, year and minutes."""

titles = st.sampled_from(["The Last Ferry", "Last Ferry", "Ferry, The Last"])
rows = st.dictionaries(
    st.sampled_from(FILMS), st.tuples(titles, st.integers(1999, 2001), st.integers(94, 96)), min_size=1
)


# Each case builds two projects, so few are drawn, and a failing one is not made smaller.
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.fixed_dictionaries(dict.fromkeys(SOURCES, rows)),
    st.permutations(SOURCES),
    st.sampled_from(["", "sources: [own]\n", "sources: [own, gamma]\n", "sources:\n  - beta\n  - own\n"]),
)
def test_the_order_of_imports_does_not_matter(tables: dict[str, Rows], order: list[str], policy: str) -> None:
    assert state(tables, order, policy) == state(tables, list(SOURCES), policy)


def state(tables: dict[str, Rows], order: list[str], policy: str) -> dict[str, bytes]:
    """What a project has after these imports: its order of trust, its facts, its conflicts, and its exports."""
    with TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(ROOT / "ontology", project / "ontology")
        (project / "queries").mkdir()
        (project / "data" / "films").mkdir(parents=True)
        (project / "data" / "sources.yaml").write_text("own:\n  title: Our notes\n", encoding="utf-8")
        own = "source: own\n\ncat-f1:\n  type: Film\n  label: Ferry\n  runningTime: 93\n"
        (project / "data" / "films" / "ferry.yaml").write_text(own, encoding="utf-8")
        if policy:
            (project / "data" / "policy.yaml").write_text(policy, encoding="utf-8")
        for source in order:
            assert kg("import", "table", str(written(Path(folder), source, tables[source])), project=project) == 0
        assert kg("build", project=project) == 0
        files = [project / "data" / "policy.yaml", *sorted(project.rglob("data/imports/*/facts.csv"))]
        for format, only in (("nquads", "all"), ("turtle", "knowledge"), ("jsonld", "provenance")):
            files.append(Path(folder, f"export-{only}"))
            assert kg("export", "-f", format, "--only", only, "-o", str(files[-1]), project=project) == 0
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def written(folder: Path, source: str, rows: Rows) -> Path:
    """A table of a source and its mapping; films of all sources have the names of one catalogue, so they conflict."""
    table = folder / f"{source}.csv"
    lines = (f'{film},"{title}",{year},{minutes}\n' for film, (title, year, minutes) in sorted(rows.items()))
    table.write_text("".join(("id,title,year,minutes\n", *lines)), encoding="utf-8")
    Path(f"{table}.mapping.yaml").write_text(
        f"source: {{id: {source}, title: {source}, licence: CC0-1.0}}\nprefix: cat\n"
        "rows: {class: Film, key: [id]}\ncolumns: {title: label, year: year, minutes: runningTime}\n",
        encoding="utf-8",
    )
    return table


def kg(*words: str, project: Path) -> int:
    return main([*words, "--project", str(project)])
