"""N-Triples files read into triple tables, and written from them, by DuckDB itself: many lines at once.

Most files are in one form: `<s> <p> <o> .`, one space between terms, nothing after the full stop. Where every line is,
`> ` separates the columns, and each term is handled once. A file with blank nodes as subjects or with comments is split
line by line; a file in any other form is not read here. Only terms that are not in exact form, with an escape or
a capital in a language tag, are parsed by pyoxigraph, each once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import duckdb
from pyoxigraph import BlankNode, Literal, RdfFormat, Triple, parse

from kg.errors import InputError
from kg.files.atomic import check_folder_exists, check_not_input
from kg.graph.triple_tables import TripleTables, memory_limit
from kg.rdf.blank_nodes import with_labels
from kg.rdf.file_formats import format_of
from kg.rdf.parser import MAX_LITERAL_LENGTH, nests_too_deep
from kg.sql import quote
from kg.terms import RDF, to_term, to_text
from kg.xsd import STRING

_BYTES_PER_ROW = 400  # what writing a triple takes, with its share of the dictionary: measured on films
_MAX_ROWS_AT_ONCE = 2_000_000  # more would hold more memory and be no quicker
_MAX_RANGES = 8  # each range reads the dictionary once more

# A term in exact form, for RE2: no escapes, no control characters, no capitals in a language tag, nothing in an IRI
# that has to be checked. A term that does not match is not wrong: pyoxigraph decides.
_IN_IRI = r"[!$&-;=?-Z_a-z~]*"
_HOST = r"[!$&-.0-9;=A-Z_a-z~]*(?::[0-9]{1,4})?"
_IRI = rf"<[A-Za-z][A-Za-z0-9+.\-]*:(?://{_HOST}(?:[/?]{_IN_IRI})?|/?(?:[!$&-.0-;=?-Z_a-z~]{_IN_IRI})?)(?:#{_IN_IRI})?>"
_LANGUAGE = "@[a-z]{1,8}(?:-[a-z0-9]{1,8})*"
_EXACT = rf"{_IRI}|_:[A-Za-z0-9_][A-Za-z0-9_\-]*|\"[^\x00-\x1f\x7f\"\\]*\"(?:{_LANGUAGE}|\^\^{_IRI})?"
_LANGUAGE_DATATYPES = tuple(f"^^<{RDF}{name}>" for name in ("langString", "dirLangString"))  # need a language tag


def load_ntriples(
    tables: TripleTables, path: Path, *, table: str, keeps_labels: bool = False, version: str = "1.2"
) -> bool:
    """Read an N-Triples file into a table; triples that the table has already are not added twice.

    Blank nodes of different files are different entities, unless `keeps_labels` says that these files share them.
    False, and nothing is read, when the file has errors, is in an unusual form, or has what this version of RDF does
    not have.
    """
    sql = tables.sql
    if not (_split_by_column(tables, path) or _split_by_line(tables, path)):
        return False
    has_new_forms = _normalise_terms(tables, keeps_labels=keeps_labels, is_new=version != "1.1")
    if has_new_forms is None:
        return False
    tables.add_dictionary("spelling", is_distinct=not has_new_forms)
    sql.execute(
        "CREATE OR REPLACE TEMP TABLE code AS SELECT a.text, b.id FROM spelling AS a JOIN term AS b ON b.text = a.exact"
    )
    known = f" EXCEPT SELECT s, p, o FROM {table}" if tables.count(table) else ""
    sql.execute(
        f"INSERT INTO {table} SELECT DISTINCT a.id AS s, b.id AS p, c.id AS o FROM line AS l"
        f" JOIN code AS a ON a.text = l.s JOIN code AS b ON b.text = l.p JOIN code AS c ON c.text = l.o{known}"
    )
    for name in ("line", "spelling", "code"):
        sql.execute(f"DROP TABLE {name}")
    return True


def check_output(path: Path, *, inputs: Iterable[Path] = ()) -> None:
    """Raise `InputError` for a path that cannot be a new file of N-Triples, or that is one of the `inputs`."""
    check_folder_exists(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file, such as {path / 'inferred.nt'}.")
    if format_of(path) not in (None, RdfFormat.N_TRIPLES):
        raise InputError(f"Inferred triples are written as N-Triples: name a .nt or .nt.gz file, not {path}.")
    check_not_input(path, inputs)


def write_ntriples(tables: TripleTables, path: Path, *, names: Iterable[str] = ("triple", "inferred")) -> None:
    """Write the named tables, which share no triple, as one N-Triples file; gzipped when the name ends in `.gz`.

    The same triples give the same bytes: the order is that of ids, which come from the terms.
    """
    union = " UNION ALL ".join(f"SELECT s, p, o FROM {name}" for name in names)
    write_ordered(tables.sql, union, path)


def write_ordered(sql: duckdb.DuckDBPyConnection, union: str, path: Path, *, dictionary: str = "term") -> None:
    """Write the triples that a query selects as N-Triples, in the order of their ids in a dictionary."""
    properties = f"SELECT id, text FROM {dictionary} WHERE id IN (SELECT DISTINCT p FROM ({union}) AS u)"
    compression = ", COMPRESSION gzip" if path.suffix == ".gz" else ""
    # The name is given at the end: an unfinished file is never visible under it.
    unfinished, part = path.with_name(f".{path.name}.unfinished"), path.with_name(f".{path.name}.part")
    try:
        sql.execute(f"CREATE OR REPLACE TEMP TABLE property AS {properties}")
        for number, (low, high) in enumerate(subject_ranges(sql, union)):
            in_range = f"BETWEEN {low} AND {high}"
            sql.execute(
                "CREATE OR REPLACE TEMP TABLE ordered AS"
                f" SELECT s, p, o FROM ({union}) AS u WHERE s {in_range} ORDER BY s, p, o"
            )
            # A join does not keep the order: the texts are sorted again, which is quick, since nearly all are in place.
            write_lines(
                sql,
                "SELECT a.text || ' ' || b.text || ' ' || c.text || ' .' FROM ordered AS t"
                f" JOIN (SELECT id, text FROM {dictionary} WHERE id {in_range}) AS a ON a.id = t.s"
                f" JOIN property AS b ON b.id = t.p JOIN {dictionary} AS c ON c.id = t.o ORDER BY t.rowid",
                part if number else unfinished,
                compression=compression,
            )
            if number:
                with unfinished.open("ab") as target, part.open("rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
        for name in ("property", "ordered"):
            sql.execute(f"DROP TABLE IF EXISTS {name}")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def write_lines(sql: duckdb.DuckDBPyConnection, query: str, path: Path, *, compression: str = "") -> None:
    """Write the rows of a query, each a line of N-Triples, as they are."""
    sql.execute(
        f"COPY ({query}) TO {quote(path)}"
        f" (FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE ''{compression})"
    )


def subject_ranges(sql: duckdb.DuckDBPyConnection, union: str) -> Iterator[tuple[int, int]]:
    """Ranges of subject ids, in order, each with about as many triples as fit into memory with their texts."""
    ((rows, last),) = sql.execute(f"SELECT count(*), coalesce(max(s), 0) FROM ({union}) AS u").fetchall()
    at_once = max(_MAX_ROWS_AT_ONCE, rows // _MAX_RANGES)
    ranges = -(-rows // min(memory_limit(sql) // _BYTES_PER_ROW, at_once))
    cuts = []
    if ranges > 1:
        quantiles = ", ".join(str(i / ranges) for i in range(1, ranges))
        ((ids,),) = sql.execute(f"SELECT approx_quantile(s, [{quantiles}]) FROM ({union}) AS u").fetchall()
        cuts = sorted({int(id) for id in ids if 0 < id < last})
    yield from zip([0, *(cut + 1 for cut in cuts)], [*cuts, last], strict=True)


def _split_by_column(tables: TripleTables, path: Path) -> bool:
    """Fill `line` and `spelling` from a file whose every line has its columns separated by `> `; False for any other.

    The columns then lack their `>`, and a literal that does not end in `>` has ` .` at its end.
    """
    source = _csv(path, columns=("s", "p", "o", "rest"), separator="> ", more=", null_padding = true")
    try:
        tables.sql.execute(f"CREATE OR REPLACE TEMP TABLE line AS SELECT s, p, o, rest FROM {source}")
    except tables.out_of_memory:
        raise
    except tables.engine_errors:
        return False
    unusual = (
        "SELECT 1 FROM line WHERE NOT coalesce(starts_with(s, '<') AND starts_with(p, '<') AND NOT contains(s, ' ')"
        " AND NOT contains(p, ' ') AND o <> ''"
        " AND (rest = '.' OR (rest IS NULL AND ends_with(o, ' .'))), false) LIMIT 1"
    )
    if tables.sql.execute(unusual).fetchone() is not None:
        return False
    _collect_terms(tables, exact="CASE WHEN ends_with(t, ' .') THEN t[:-3] ELSE t || '>' END")
    return True


def _split_by_line(tables: TripleTables, path: Path) -> bool:
    """Fill `line` and `spelling` from a file whose lines have one space between terms and end in ` .`."""
    # No N-Triples document has this separator in it, so that a line is one column.
    source = _csv(path, columns=("line",), separator="\x01")
    s, p = "split_part(line, ' ', 1)", "split_part(line, ' ', 2)"
    try:
        tables.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE line AS SELECT {s} AS s, {p} AS p,"
            f" line[length({s}) + length({p}) + 3 : -3] AS o, line[-2:] AS ending FROM {source}"
            " WHERE line IS NOT NULL AND NOT starts_with(line, '#') AND trim(line) <> ''"
        )
    except tables.out_of_memory:
        raise
    except tables.engine_errors:
        return False
    unusual = "SELECT 1 FROM line WHERE ending <> ' .' OR NOT starts_with(p, '<') OR starts_with(s, '\"') LIMIT 1"
    if tables.sql.execute(unusual).fetchone() is not None:
        return False
    _collect_terms(tables, exact="t")
    return True


def _csv(path: Path, *, columns: tuple[str, ...], separator: str, more: str = "") -> str:
    texts = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    return (
        f"read_csv({quote(path)}, columns = {{{texts}}}, delim = '{separator}', quote = '', escape = '',"
        f" header = false, auto_detect = false, nullstr = '\x02', max_line_size = {2 * MAX_LITERAL_LENGTH}{more})"
    )


def _collect_terms(tables: TripleTables, *, exact: str) -> None:
    """Fill `spelling`: each term of `line` once, as it is written there and in exact form."""
    terms = " UNION ALL ".join(f"SELECT DISTINCT {place} AS t FROM line" for place in "spo")
    tables.sql.execute(
        f"CREATE OR REPLACE TEMP TABLE spelling AS SELECT t AS text, {exact} AS exact"
        f" FROM (SELECT DISTINCT t FROM ({terms}))"
    )


def _normalise_terms(tables: TripleTables, *, keeps_labels: bool, is_new: bool) -> bool | None:
    """Give the terms of the file their exact form; True when some changed, None when one is not a term."""
    sql = tables.sql
    if sql.execute("SELECT 1 FROM spelling WHERE length(exact) > ? LIMIT 1", [MAX_LITERAL_LENGTH]).fetchone():
        return None
    datatypes = (f"^^{STRING}", *_LANGUAGE_DATATYPES)
    other = " OR ".join("ends_with(exact, ?)" for _ in datatypes)
    query = f"SELECT exact FROM spelling WHERE NOT regexp_full_match(exact, ?) OR {other} ORDER BY exact"
    inexact = [row[0] for row in sql.execute(query, [_EXACT, *datatypes]).fetchall()]
    if any(map(nests_too_deep, inexact)):
        return None
    if inexact:
        try:
            lines = "".join(f"<urn:s> <urn:p> {text} .\n" for text in inexact)
            terms = [cast(Triple, triple).object for triple in parse(lines, format=RdfFormat.N_TRIPLES)]
        except SyntaxError:
            return None
        if not is_new and any(map(_is_new, terms)):
            return None
        exact = list(map(to_text, terms))
        if len(exact) != len(inexact) or any(text[:1] not in '<_"' for text in inexact):
            return None
        sql.execute("CREATE OR REPLACE TEMP TABLE normalised(text VARCHAR, exact VARCHAR)")
        sql.execute(
            "INSERT INTO normalised SELECT unnest(string_split(?, chr(10))), unnest(string_split(?, chr(10)))",
            ["\n".join(inexact), "\n".join(exact)],
        )
        sql.execute("UPDATE spelling SET exact = n.exact FROM normalised AS n WHERE n.text = spelling.exact")
    number = tables.next_file_number()
    if number == 1 or keeps_labels:
        return bool(inexact)
    sql.execute(f"UPDATE spelling SET exact = '_:f{number}-' || exact[3:] WHERE starts_with(exact, '_:')")
    _label_in_triple_terms(tables, f"f{number}-")
    return bool(inexact)


def _is_new(term: object) -> bool:
    """True for a term that RDF 1.1 does not have."""
    return isinstance(term, Triple) or (isinstance(term, Literal) and term.direction is not None)


def _label_in_triple_terms(tables: TripleTables, prefix: str) -> None:
    """Put a prefix before the label of each blank node in a triple term."""
    rows = tables.sql.execute("SELECT exact FROM spelling WHERE starts_with(exact, '<<') AND contains(exact, '_:')")
    if not (texts := [text for (text,) in rows.fetchall()]):
        return
    terms = [cast(Triple, to_term(text)) for text in texts]
    labelled = [to_text(with_labels(term, lambda node: BlankNode(prefix + node.value))) for term in terms]
    tables.sql.execute(
        "UPDATE spelling SET exact = n.exact FROM (SELECT unnest(?::VARCHAR[]) AS text, unnest(?::VARCHAR[]) AS exact)"
        " AS n WHERE n.text = spelling.exact",
        [texts, labelled],
    )
