"""A project rewritten for a newer ontology: every term that was replaced, in facts, tables, policy and queries.

The ontology states what replaces a term (`dcterms:isReplacedBy`, see ontology/replaced.ttl). What has no plain
replacement, such as a property in the other direction, is left as it is and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from kg.errors import InputError
from kg.facts.files import fact_files, read_text
from kg.files.atomic import write_file
from kg.fixes.part_names import PART, PartNames, new_part_names
from kg.fixes.query_migration import QueryMigrator, names_in_query
from kg.fixes.table_migration import TableMigrator, read_fact_table
from kg.fixes.yaml_migration import YamlMigrator, blocks_in_yaml, names_in_yaml
from kg.project import Project, find_project
from kg.reports import Finding
from kg.schema import Schema, read_ontology, to_schema
from kg.text.patch import to_patch


@dataclass(frozen=True)
class Migration:
    """The files that change, and what has to be changed by hand."""

    project: Project
    files: Mapping[str, tuple[str, str]]
    """Name of a file in the project -> its text before and after."""
    left: tuple[Finding, ...]
    renamed_parts: tuple[tuple[str, str], ...] = ()
    """Old and new name of each part that has another id, because another part would have the same name."""

    def to_diff(self) -> str:
        """The changes as a unified diff, ready for `git apply`."""
        return "".join(to_patch(file, *texts) for file, texts in sorted(self.files.items()))

    def apply(self) -> None:
        """Write the changed files, each in one step."""
        for file, (_, after) in self.files.items():
            write_file(self.project.folder / file, (after,))


def migrate(project: Project | Path | str | None = None) -> Migration:
    """The changes that a project needs for its ontology; nothing is written.

    Raises `InputError` when the ontology replaces no term, and `FaultsError` when it does not parse.
    """
    project = project if isinstance(project, Project) else find_project(project)
    schema = to_schema(read_ontology(project.ontology))
    if not schema.replaced:
        raise InputError("The ontology of the project replaces no term. `kg update` takes those of a new version.")
    left, texts = [], {}
    for path in (*fact_files(project.data), *sorted(project.queries.rglob("*.rq"))):
        file = path.relative_to(project.folder).as_posix()
        text = read_text(path, file=file)
        if isinstance(text, Finding):
            left.append(text)
        else:
            texts[file] = text
    migrator = _Migrator(schema, *_read_names(texts, schema))
    after = {file: migrator.rewrite(file, text) for file, text in texts.items()}
    changes = {file: (text, after[file]) for file, text in texts.items() if after[file] != text}
    return Migration(project, changes, (*left, *migrator.left), migrator.names.changed)


def _read_names(texts: Mapping[str, str], schema: Schema) -> tuple[PartNames, frozenset[str]]:
    """The new names of all parts of a project, and the parts that have a block or rows of their own."""
    names, subjects = set[str](), set[str]()
    for file, text in texts.items():
        match _kind(file):
            case FileKind.FACTS:
                names.update(names_in_yaml(text, file, schema))
                subjects.update(blocks_in_yaml(text, file))
            case FileKind.TABLE:
                table = read_fact_table(text, file)
                names.update(table.names(schema))
                subjects.update(table.subjects())
            case FileKind.LINKS:
                names.update(PART.findall(text))
            case FileKind.QUERY:
                names.update(names_in_query(text))
    return new_part_names(names, schema), frozenset(name.removeprefix("film:") for name in subjects)


class FileKind(Enum):
    """The kinds of files that have terms of the ontology."""

    FACTS, POLICY, TABLE, LINKS, QUERY, OTHER = range(6)


def _kind(file: str) -> FileKind:
    if file == "data/policy.yaml":
        return FileKind.POLICY
    if file.endswith(".sssom.tsv"):
        return FileKind.LINKS
    kinds = {".yaml": FileKind.FACTS, ".yml": FileKind.FACTS, ".rq": FileKind.QUERY}
    tables = dict.fromkeys((".csv", ".tsv"), FileKind.TABLE)
    return (kinds | tables).get(Path(file).suffix.lower(), FileKind.OTHER)


@dataclass
class _Migrator:
    """Rewrites the text of one file after the other; `left` are the findings about what is not rewritten."""

    schema: Schema
    names: PartNames
    subjects: frozenset[str]
    left: list[Finding] = field(default_factory=list)

    def rewrite(self, file: str, text: str) -> str:
        """The text with new terms, as far as they have a plain replacement."""
        match _kind(file):
            case FileKind.FACTS:
                return self._yaml.rewrite(text, file)
            case FileKind.POLICY:
                return self._yaml.rewrite_policy(text, file)
            case FileKind.TABLE:
                return TableMigrator(self.schema, self.names, self.left).rewrite(text, file)
            case FileKind.LINKS:
                return PART.sub(lambda match: self.names[match[0]], text)
            case FileKind.QUERY:
                return QueryMigrator(self.schema, self.names, self.left).rewrite(text, file)
            case FileKind.OTHER:
                return text

    @property
    def _yaml(self) -> YamlMigrator:
        return YamlMigrator(self.schema, self.names, self.subjects, self.left)
