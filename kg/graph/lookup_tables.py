"""The tables of a snapshot in which terms and triples are found without reading all of them.

    triple(s, p, o)             sorted by property: the objects of a subject, the triples of a property
    triple_by_object(p, o, s)   the subjects of an object
    triple_by_subject(s, p, o)  all triples of a subject

The first is in every snapshot. The others, and the indexes of terms by id and by text, are there where a build has no
lookup store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import duckdb

ORDERS = {"triple_by_object": "p, o, s", "triple_by_subject": "s, p, o"}
_FEW = 1_000
"""Of so many terms that are looked up at once, ids and texts are remembered."""
_MAX_REMEMBERED = 100_000
_BY_INDEX = 64
"""More terms are found faster by reading all terms once."""
_Key = TypeVar("_Key", int, str)
_Found = TypeVar("_Found", int, str)


@dataclass(frozen=True, slots=True)
class TripleOrders:
    """The table of the default graph's triples in each order; the same one where there is no other."""

    by_property: str = "triple"
    by_object: str = "triple"
    by_subject: str = "triple"

    @classmethod
    def of(cls, sql: duckdb.DuckDBPyConnection) -> TripleOrders:
        """The orders that a snapshot has."""
        found = sql.cursor().execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'triple_by_subject'")
        return INDEXED if found.fetchone() is not None else cls()

    def of_pattern(self, *, subject: bool, predicate: bool, object: bool) -> str:
        """The table to read for a pattern of which these places are known."""
        if not predicate:
            return self.by_subject if subject else self.by_object if object else self.by_property
        return self.by_object if object and not subject else self.by_property


INDEXED = TripleOrders("triple", *ORDERS)


def write_lookup_tables(sql: duckdb.DuckDBPyConnection) -> None:
    """Add the other orders and the indexes to the attached database `snapshot`, which has terms and triples."""
    import duckdb

    for name, order in ORDERS.items():
        sql.execute(f"CREATE TABLE snapshot.{name} AS SELECT {order} FROM snapshot.triple ORDER BY ALL")
    try:
        sql.execute("CREATE INDEX term_by_id ON snapshot.term(id)")
        sql.execute("CREATE INDEX term_by_text ON snapshot.term(text)")
    except duckdb.OutOfMemoryException:  # an index is made in memory; without it, lookups only take longer
        return


class TermLookup:
    """The ids and texts of the terms of a snapshot; those of a few terms are remembered."""

    def __init__(self, sql: duckdb.DuckDBPyConnection) -> None:
        self._sql = sql
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    @cached_property
    def _has_index(self) -> bool:
        return TripleOrders.of(self._sql) == INDEXED

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each of these exact terms that the graph has."""
        return self._look_up(self._ids, texts, "text", "id", "VARCHAR")

    def decode(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact form of each of these terms."""
        return self._look_up(self._texts, ids, "id", "text", "UINTEGER")

    def _look_up(
        self, remembered: dict[_Key, _Found], keys: Iterable[_Key], key: str, wanted: str, type: str
    ) -> dict[_Key, _Found]:
        """A column of `term`, for the rows with these keys."""
        unique = dict.fromkeys(keys)
        found = {each: remembered[each] for each in unique if each in remembered}
        missing = sorted(each for each in unique if each not in found)
        if not missing:
            return found
        if self._has_index and len(missing) <= _BY_INDEX:
            # Numbers need not be bound, which takes a fifth of the time.
            listed = ", ".join("?" if type == "VARCHAR" else str(int(each)) for each in missing)
            values: list[Any] = missing if type == "VARCHAR" else []
        else:
            # A list of numbers as text is several times quicker to hand over than a list of Python's integers.
            listed, values = f"SELECT unnest(?::{type}[])", [str(missing) if type == "UINTEGER" else missing]
        rows = self._sql.cursor().execute(f"SELECT {key}, {wanted} FROM term WHERE {key} IN ({listed})", values)
        new: dict[_Key, _Found] = dict(rows.fetchall())
        if len(new) <= _FEW:
            if len(remembered) + len(new) > _MAX_REMEMBERED:
                remembered.clear()
            remembered.update(new)
        return {**found, **new}
