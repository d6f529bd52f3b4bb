"""N-Triples walk into the workshop's tables, and out again, many lines at once: DuckDB itself splits and numbers them.

Most files are written in one form: `<s> <p> <o> .`, one blank between, nothing after. Where every line is, `> ` parts
the columns, and no text is touched but once for each term. A file with blank nodes as subjects, comments or such is
split line by line; in any other form it is not read here. Only terms that are not in the one exact form - an escape,
a capital in a language tag - are shown to pyoxigraph, each once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from pyoxigraph import RdfFormat, Triple, parse

from kg.graph.triple_tables import TripleTables

MAX_LITERAL_LENGTH = 1_000_000
"""The longest literal that is read: one that is longer is a file in the wrong place."""

_BYTES_PER_ROW = 400  # what writing a triple takes, with its share of the dictionary: measured on films
_ROWS_AT_ONCE = 2_000_000  # more would hold more memory and be no quicker
_MOST_PARTS = 8  # each part looks through the dictionary once more

# What a term looks like in exact form, for RE2: no escapes, no control characters, no capitals in a language tag,
# nothing in an IRI that needs a second look. What does not match is not wrong: pyoxigraph decides.
_IN_IRI = r"[!$&-;=?-Z_a-z~]*"
_IRI = rf"<[A-Za-z][A-Za-z0-9+.\-]*:{_IN_IRI}(?:#{_IN_IRI})?>"
_EXACT = rf"{_IRI}|_:[A-Za-z0-9_][A-Za-z0-9_\-]*|\"[^\x00-\x1f\x7f\"\\]*\"(?:@[a-z]+(?:-[a-z0-9]+)*|\^\^{_IRI})?"
_STRING = "^^<http://www.w3.org/2001/XMLSchema#string>"


def load_ntriples(workshop: TripleTables, path: Path, *, table: str) -> bool:
    """Put the triples of an N-Triples file into a table that then holds none twice.

    False comes back, and nothing is read, when the file has errors or is in an unusual form.
    """
    sql = workshop.sql
    if not (_split_by_column(workshop, path) or _split_by_line(workshop, path)):
        return False
    respelled = _respell(workshop)
    if respelled is None:
        return False
    workshop.enter_terms("spelling", each_once=not respelled)
    sql.execute(
        "CREATE OR REPLACE TEMP TABLE code AS SELECT a.text, b.id FROM spelling AS a JOIN term AS b ON b.text = a.exact"
    )
    known = f" EXCEPT SELECT s, p, o FROM {table}" if workshop.count(table) else ""
    sql.execute(
        f"INSERT INTO {table} SELECT DISTINCT a.id AS s, b.id AS p, c.id AS o FROM line AS l"
        f" JOIN code AS a ON a.text = l.s JOIN code AS b ON b.text = l.p JOIN code AS c ON c.text = l.o{known}"
    )
    for name in ("line", "spelling", "code"):
        sql.execute(f"DROP TABLE {name}")
    return True


def write_ntriples(workshop: TripleTables, path: Path, *, tables: Iterable[str] = ("triple", "inferred")) -> None:
    """Write the tables, which share no triple, as one N-Triples file, gzipped when it is called so.

    The same triples give the same bytes: they are ordered by their numbers, which come from the terms.
    """
    sql = workshop.sql
    union = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)
    properties = f"SELECT id, text FROM term WHERE id IN (SELECT DISTINCT p FROM ({union}) AS u)"
    packed = ", COMPRESSION gzip" if path.suffix == ".gz" else ""
    # A file that is half written is never seen: the name is given at the end.
    half, part = path.with_name(f".{path.name}.half"), path.with_name(f".{path.name}.part")
    try:
        sql.execute(f"CREATE OR REPLACE TEMP TABLE property AS {properties}")
        for number, (low, high) in enumerate(_ranges(workshop, union)):
            within = f"BETWEEN {low} AND {high}"
            sql.execute(
                "CREATE OR REPLACE TEMP TABLE ordered AS"
                f" SELECT s, p, o FROM ({union}) AS u WHERE s {within} ORDER BY s, p, o"
            )
            # A join keeps no order: the texts are ordered again, which is quick, since nearly all of them are in place.
            sql.execute(
                "COPY (SELECT a.text || ' ' || b.text || ' ' || c.text || ' .' FROM ordered AS t"
                f" JOIN (SELECT id, text FROM term WHERE id {within}) AS a ON a.id = t.s"
                " JOIN property AS b ON b.id = t.p JOIN term AS c ON c.id = t.o ORDER BY t.rowid)"
                f" TO '{_quoted(part if number else half)}'"
                f" (FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE ''{packed})"
            )
            if number:
                with half.open("ab") as whole, part.open("rb") as more:
                    shutil.copyfileobj(more, whole, 1 << 24)
        for table in ("property", "ordered"):
            sql.execute(f"DROP TABLE IF EXISTS {table}")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def _ranges(workshop: TripleTables, union: str) -> Iterator[tuple[int, int]]:
    """Ranges of subjects, in their order, each with about as many triples as fit into memory with their texts."""
    sql = workshop.sql
    ((rows, last),) = sql.execute(f"SELECT count(*), coalesce(max(s), 0) FROM ({union}) AS u").fetchall()
    at_once = max(_ROWS_AT_ONCE, rows // _MOST_PARTS)
    times = -(-rows // min(workshop.memory_limit() // _BYTES_PER_ROW, at_once))
    cuts = []
    if times > 1:
        places = ", ".join(str(i / times) for i in range(1, times))
        ((found,),) = sql.execute(f"SELECT approx_quantile(s, [{places}]) FROM ({union}) AS u").fetchall()
        cuts = sorted({int(cut) for cut in found if 0 < cut < last})
    yield from zip([0, *(cut + 1 for cut in cuts)], [*cuts, last], strict=True)


def _split_by_column(workshop: TripleTables, path: Path) -> bool:
    """Read `line` and `spelling` from a file whose every line has its columns parted by `> `; False for any other.

    The columns then lack their `>`, and a literal that ends in no `>` has ` .` at its end.
    """
    source = _source(path, columns=("s", "p", "o", "rest"), separator="> ", more=", null_padding = true")
    try:
        workshop.sql.execute(f"CREATE OR REPLACE TEMP TABLE line AS SELECT s, p, o, rest FROM {source}")
    except workshop.out_of_memory:
        raise
    except workshop.refusals:
        return False
    odd = (
        "SELECT 1 FROM line WHERE NOT coalesce(starts_with(s, '<') AND starts_with(p, '<') AND NOT contains(s, ' ')"
        " AND NOT contains(p, ' ') AND (rest = '.' OR (rest IS NULL AND ends_with(o, ' .'))), false) LIMIT 1"
    )
    if workshop.sql.execute(odd).fetchone() is not None:
        return False
    _gather_terms(workshop, exact="CASE WHEN ends_with(t, ' .') THEN t[:-3] ELSE t || '>' END")
    return True


def _split_by_line(workshop: TripleTables, path: Path) -> bool:
    """Read `line` and `spelling` from a file whose lines each have one blank between terms and end in ` .`."""
    # No N-Triples document has the separator in it, so that a line is one column.
    source = _source(path, columns=("line",), separator="\x01")
    s, p = "split_part(line, ' ', 1)", "split_part(line, ' ', 2)"
    try:
        workshop.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE line AS SELECT {s} AS s, {p} AS p,"
            f" line[length({s}) + length({p}) + 3 : -3] AS o, line[-2:] AS ending FROM {source}"
            " WHERE line IS NOT NULL AND NOT starts_with(line, '#') AND trim(line) <> ''"
        )
    except workshop.out_of_memory:
        raise
    except workshop.refusals:
        return False
    odd = "SELECT 1 FROM line WHERE ending <> ' .' OR NOT starts_with(p, '<') OR starts_with(s, '\"') LIMIT 1"
    if workshop.sql.execute(odd).fetchone() is not None:
        return False
    _gather_terms(workshop, exact="t")
    return True


def _source(path: Path, *, columns: tuple[str, ...], separator: str, more: str = "") -> str:
    texts = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    return (
        f"read_csv('{_quoted(path)}', columns = {{{texts}}}, delim = '{separator}', quote = '', escape = '',"
        f" header = false, auto_detect = false, max_line_size = {2 * MAX_LITERAL_LENGTH}{more})"
    )


def _gather_terms(workshop: TripleTables, *, exact: str) -> None:
    """Make `spelling`: each term of `line` once, as it stands there and in exact form."""
    terms = " UNION ALL ".join(f"SELECT DISTINCT {place} AS t FROM line" for place in "spo")
    workshop.sql.execute(
        f"CREATE OR REPLACE TEMP TABLE spelling AS SELECT t AS text, {exact} AS exact"
        f" FROM (SELECT DISTINCT t FROM ({terms}))"
    )


def _respell(workshop: TripleTables) -> bool | None:
    """Give the terms of the file their exact form; True when some changed, None when one is no term."""
    sql = workshop.sql
    odd = [
        row[0]
        for row in sql.execute(
            "SELECT exact FROM spelling WHERE NOT regexp_full_match(exact, ?) OR ends_with(exact, ?) ORDER BY exact",
            [_EXACT, _STRING],
        ).fetchall()
    ]
    if odd:
        try:
            lines = "".join(f"<urn:s> <urn:p> {text} .\n" for text in odd)
            exact = [str(cast(Triple, t).object) for t in parse(lines, format=RdfFormat.N_TRIPLES)]
        except SyntaxError:
            return None
        if len(exact) != len(odd) or any(text[:1] not in '<_"' or text.startswith("<<") for text in odd):
            return None
        sql.execute("CREATE OR REPLACE TEMP TABLE respelled(text VARCHAR, exact VARCHAR)")
        sql.execute(
            "INSERT INTO respelled SELECT unnest(string_split(?, chr(10))), unnest(string_split(?, chr(10)))",
            ["\n".join(odd), "\n".join(exact)],
        )
        sql.execute("UPDATE spelling SET exact = r.exact FROM respelled AS r WHERE r.text = spelling.exact")
    number = workshop.next_file_number()
    if number == 1:
        return bool(odd)
    # Blank nodes of different files are different things, whatever they are called.
    sql.execute(f"UPDATE spelling SET exact = '_:f{number}-' || exact[3:] WHERE starts_with(exact, '_:')")
    return bool(odd)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
