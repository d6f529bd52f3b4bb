"""Datasets imported as fact tables under `data/imports/`; the store is never touched.

    session            what importers add facts to, and the files that come out of it
    dataset_names      names of a dataset's entities, such that what it keeps apart stays apart
    source_registry    the source's entry in sources.yaml and its place in policy.yaml
    spool              its rows in DuckDB tables on disk, completed there; conflicts between classes
    reject_reasons     why records and values are rejected, and how often
    input_files        files, plain or compressed, line by line
    tables             any table, imported by a mapping file
    wikidata_entities  entity JSON: dumps, Special:EntityData, wbgetentities
    wikidata_terms     its labels, aliases and descriptions, and articles in Wikipedia
    wikidata_rdf       RDF with full statements, put together as entity JSON
    wikidata_results   answers of a SPARQL endpoint over Wikidata
    rdf                RDF in other vocabularies, by the crosswalk
    imdb               IMDb's tables, and the award lists of IMDb-Awards
    oscars             the Oscars table of oscar_data

What a dataset's terms mean is in tables under `kg/mappings/` and in the ontology's crosswalk, not in code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kg.rdf import INPUT_FORMATS

if TYPE_CHECKING:
    from kg.facts.model import Source
    from kg.importers.session import ImportSession
    from kg.schema import Schema


@dataclass(frozen=True, slots=True)
class ImportOption:
    """An option of an importer: an argument of its function, and an option of its command."""

    name: str
    metavar: str
    help: str
    default: str | None = None
    choices: tuple[str, ...] | None = None
    engines: tuple[str, ...] = ()
    """Of the option `engine`: the engines besides Spark, of which the first is the default."""

    @property
    def flag(self) -> str:
        """The option of the command."""
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of dataset: a row of `IMPORTERS`, and a command of `kg import`.

    Functions are named as `module:function` and imported when they are called, so that `kg ask` starts without them.
    """

    name: str
    summary: str
    paths: str
    """What the paths are, in the words of the help."""
    function: str
    """Imports paths into a session; raises `InputError` for input that is not such a dataset."""
    source: Mapping[str, Any] = field(default_factory=dict)
    """The usual entry of the source in `data/sources.yaml`, with its `id`."""
    source_function: str = ""
    """Finds the usual source in the paths and options, where it depends on them."""
    options: tuple[ImportOption, ...] = ()
    metavar: str = "PATH"
    takes_one_path: bool = False

    def find_source(self, paths: list[str], schema: Schema, options: Mapping[str, str | None]) -> Source:
        """The usual source of a dataset."""
        from kg.facts.model import Source

        if self.source_function:
            source: Source = _load(self.source_function)(paths, schema, **options)
            return source
        return Source(**self.source)

    def run(self, paths: list[str] | str, session: ImportSession, options: Mapping[str, str | None]) -> None:
        """Import paths into a session; raises `InputError` when a file is changed while it is read."""
        from kg.importers.input_files import unchanged_files

        with unchanged_files([paths] if isinstance(paths, str) else paths):
            _load(self.function)(paths, session, **options)


def _load(reference: str) -> Callable[..., Any]:
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


IMPORTERS: tuple[Importer, ...] = (
    Importer(
        "wikidata",
        "Wikidata entities: JSON, plain, gzip or bzip2; files or folders.",
        "a file or folder of entity JSON",
        "kg.importers.wikidata_entities:import_wikidata",
        {
            "id": "wikidata",
            "title": "Wikidata",
            "publisher": "Wikimedia Foundation",
            "address": "https://www.wikidata.org/",
            "licence": "CC0-1.0",
        },
        options=(
            ImportOption(
                "languages",
                "LANGUAGES",
                "of labels, aliases and descriptions; * for all (default: %(default)s)",
                default="en,mul,de,fr,es",
            ),
        ),
    ),
    Importer(
        "oscars",
        "The Oscars table of oscar_data.",
        "oscars.csv",
        "kg.importers.oscars:import_oscars",
        {
            "id": "oscars",
            "title": "Academy Award nominations with IMDb identifiers",
            "publisher": "David V. Lu!!",
            "address": "https://github.com/DLu/oscar_data",
            "licence": "BSD-2-Clause",
        },
        metavar="FILE",
        takes_one_path=True,
    ),
    Importer(
        "table",
        "Any CSV, TSV, Excel, JSON lines or Parquet, by a small mapping file.",
        "a table; several must have the same columns",
        "kg.importers.tables.table_import:import_tables",
        source_function="kg.importers.tables.table_import:find_source",
        options=(
            ImportOption("mapping", "FILE", "what the columns mean; default: FILE.mapping.yaml"),
            ImportOption("encoding", "NAME", "latin-1, utf-16 ...; default: that of the mapping, or utf-8"),
            ImportOption("engine", "ENGINE", "what reads the files: duckdb, one by one", engines=("duckdb",)),
        ),
        metavar="FILE",
    ),
    Importer(
        "wikidata-results",
        "Answers of a SPARQL endpoint over Wikidata: CSV, TSV, JSON.",
        "a result, or a folder of results",
        "kg.importers.wikidata_results:import_results",
        {
            "id": "wikidata-results",
            "title": "Answers of the Wikidata Query Service",
            "publisher": "Wikimedia Foundation",
            "address": "https://query.wikidata.org/",
            "licence": "CC0-1.0",
        },
        options=(ImportOption("mapping", "FILE", "what the variables mean; default: the usual ones"),),
    ),
    Importer(
        "imdb-awards",
        "The lists of IMDb-Awards: ev0000003.yml and others.",
        "a file named for its event, or a folder of them",
        "kg.importers.imdb:import_imdb_awards",
        {
            "id": "imdb-awards",
            "title": "IMDb Awards",
            "publisher": "Kometa",
            "address": "https://github.com/Kometa-Team/IMDb-Awards",
            "licence": "MIT",
        },
    ),
    Importer(
        "rdf",
        "RDF in other vocabularies: schema.org, DBpedia, FIAFcore, Wikidata.",
        "an RDF file, or a folder of them",
        "kg.importers.rdf:import_rdf",
        source_function="kg.importers.rdf:find_source",
        options=(
            ImportOption("mapping", "FILE", "what further terms mean, in addition to the crosswalk"),
            ImportOption("input_format", "", "the format of all files; default: by suffix", choices=INPUT_FORMATS),
        ),
    ),
    Importer(
        "imdb",
        "IMDb's published tables, read together: titles, people, parts, ratings.",
        "a table by its own name, or a folder of them",
        "kg.importers.imdb:import_imdb",
        {
            "id": "imdb",
            "title": "IMDb non-commercial datasets",
            "publisher": "IMDb",
            "address": "https://developer.imdb.com/non-commercial-datasets/",
            "licence": "non-commercial use, see the address",
        },
    ),
)
"""Every kind of dataset that can be imported."""
