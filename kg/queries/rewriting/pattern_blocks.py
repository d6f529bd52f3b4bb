"""The triple patterns of a query with their property paths, parsed from its tokens.

Only group graph patterns are parsed, https://www.w3.org/TR/sparql11-query/#rGroupGraphPattern; expressions are passed
over, except for the groups of EXISTS in them. A block is a sequence of triple patterns; its blank nodes, lists and
property lists are written out with variables of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kg.terms import RDF
from kg.text.sparql_tokens import Token


@dataclass(frozen=True, slots=True)
class StepPath:
    """A property, by its text in the query."""

    text: str


@dataclass(frozen=True, slots=True)
class ReversedPath:
    """`^path`."""

    path: PropertyPath


@dataclass(frozen=True, slots=True)
class ConcatenatedPath:
    """`path / path`."""

    paths: tuple[PropertyPath, ...]


@dataclass(frozen=True, slots=True)
class EitherPath:
    """`path | path`."""

    paths: tuple[PropertyPath, ...]


@dataclass(frozen=True, slots=True)
class ClosurePath:
    """`path*`, `path+` or `path?`."""

    path: PropertyPath
    sign: str


@dataclass(frozen=True, slots=True)
class OtherPropertyPath:
    """`!(property | ^property)`."""

    forward: tuple[str, ...]
    reversed: tuple[str, ...]


PropertyPath = StepPath | ReversedPath | ConcatenatedPath | EitherPath | ClosurePath | OtherPropertyPath


@dataclass(frozen=True, slots=True)
class PatternTerm:
    """A term of a triple pattern: its text, what it is (`variable`, `iri`, `literal`), its offset if it has one."""

    text: str
    kind: str
    start: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A triple pattern; the path of a variable predicate is that variable."""

    subject: PatternTerm
    path: PropertyPath | PatternTerm
    object: PatternTerm


@dataclass(frozen=True, slots=True)
class PatternBlock:
    """Triple patterns that follow each other, and their place in the text; `graph` is the term of GRAPH around them."""

    start: int
    end: int
    patterns: tuple[PathPattern, ...]
    graph: str = ""


@dataclass
class GraphClause:
    """A GRAPH, by the index of its token, and what its group has outside of another GRAPH, by indexes as well.

    `values` are those of each VALUES; `selects` of the brace before a sub-select, of SELECT, and of the closing brace;
    `minuses` of the group around a MINUS, of the MINUS, and of what follows its group.
    """

    index: int
    graph: Token
    values: list[int] = field(default_factory=list)
    selects: list[tuple[int, int, int]] = field(default_factory=list)
    minuses: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class ParsedPatterns:
    """What a query's groups contain.

    `blank_nodes` are the labelled blank nodes in patterns, with the variable for each. `star` is the `*` of
    the outermost SELECT; `has_other_star` is true when there is one in a subquery, a DESCRIBE or COUNT(DISTINCT *).
    """

    blocks: list[PatternBlock] = field(default_factory=list)
    clauses: list[GraphClause] = field(default_factory=list)
    blank_nodes: list[tuple[Token, str]] = field(default_factory=list)
    star: Token | None = None
    has_other_star: bool = False


class NewVariables:
    """Variables that a query does not have."""

    def __init__(self, text: str) -> None:
        self._used = set(_NEW_VARIABLE.findall(text))
        self._count = 0

    def new(self) -> str:
        """The next one."""
        while True:
            self._count += 1
            if (name := f"{VARIABLE}{self._count}")[1:] not in self._used:
                return name


class UnparsedError(Exception):
    """A form of query that is not parsed here."""


_WITHOUT_REIFIERS = "write ?r rdf:reifies <<( ?s ?p ?o )>> in place of a reifier or an annotation"


VARIABLE = "?kgpath"
"""What variables for blank nodes and for the inner nodes of paths begin with."""
NO_VARIABLE = f"{VARIABLE}0"
"""What is selected where a query selects all variables and has none; it is never bound."""
_NEW_VARIABLE = re.compile(rf"{VARIABLE[1:]}[0-9]+")
_BEFORE_GROUPS = ("OPTIONAL", "UNION", "LATERAL")
_FORMS_WITH_STAR = ("SELECT", "DESCRIBE", "DISTINCT", "REDUCED")


def parse_patterns(text: str, tokens: Sequence[Token], variables: NewVariables) -> ParsedPatterns:
    """The blocks of a query; raises `UnparsedError` for a form that is not parsed here."""
    parser = _PatternParser(text, tokens, variables)
    parser.query(0)
    return parser.parsed


class _PatternParser:
    """Recursive descent over tokens: each method takes the index of its first token, and returns that of the next."""

    def __init__(self, text: str, tokens: Sequence[Token], variables: NewVariables) -> None:
        self.text, self.tokens, self.variables = text, tokens, variables
        self.parsed = ParsedPatterns()
        self.patterns: list[PathPattern] = []
        self.clause: GraphClause | None = None
        self.labels: dict[str, str] = {}

    def at(self, index: int) -> Token:
        if index >= len(self.tokens):
            raise UnparsedError("the query ends early")
        return self.tokens[index]

    def is_sign(self, index: int, *signs: str) -> bool:
        return index < len(self.tokens) and self.tokens[index].kind == "sign" and self.tokens[index].text in signs

    def expect(self, index: int, sign: str) -> int:
        if not self.is_sign(index, sign):
            raise UnparsedError(f"{sign} is missing")
        return index + 1

    # --- groups

    def query(self, index: int, *, is_nested: bool = False) -> int:
        """A query or subquery, up to the brace that closes its group."""
        while index < len(self.tokens):
            token = self.tokens[index]
            if self.is_sign(index, "}"):
                if is_nested:
                    return index
                raise UnparsedError("a brace closes nothing")
            if self.is_sign(index, "{"):
                index = self.group(index)
            elif token.is_word("CONSTRUCT") and self.is_sign(index + 1, "{"):
                index = self.skip(index + 1, "{", "}")
            elif token.is_word("VALUES"):
                index = self.values(index + 1)
            else:
                self.note_star(index, is_nested=is_nested)
                index += 1
        return index

    def note_star(self, index: int, *, is_nested: bool = False) -> None:
        if not self.is_sign(index, "*") or index == 0 or not self.tokens[index - 1].is_word(*_FORMS_WITH_STAR):
            return
        is_projection = not self.is_sign(index - 2, "(")
        if is_projection and not is_nested and not self.tokens[index - 1].is_word("DESCRIBE"):
            self.parsed.star = self.tokens[index]
        else:
            self.parsed.has_other_star = True

    def group(self, index: int) -> int:
        """A group graph pattern, from its opening brace."""
        start, index = index, self.expect(index, "{")
        if self.at(index).is_word("SELECT"):
            end = self.query(index, is_nested=True)
            if self.clause is not None:
                self.clause.selects.append((start, index, end))
            return self.expect(end, "}")
        while not self.is_sign(index, "}"):
            token = self.at(index)
            if self.is_sign(index, "{"):
                index = self.group(index)
            elif self.is_sign(index, ".") or token.is_word(*_BEFORE_GROUPS):
                index += 1
            elif token.is_word("MINUS"):
                end = self.group(index + 1)
                if self.clause is not None:
                    self.clause.minuses.append((start, index, end))
                index = end
            elif token.is_word("GRAPH"):
                outer, self.clause = self.clause, GraphClause(index, self.at(index + 1))
                self.parsed.clauses.append(self.clause)
                index = self.group(index + 2)
                self.clause = outer
            elif token.is_word("FILTER"):
                index = self.constraint(index + 1)
            elif token.is_word("BIND"):
                index = self.expression(index + 1)
            elif token.is_word("VALUES"):
                if self.clause is not None:
                    self.clause.values.append(index)
                index = self.values(index + 1)
            else:
                index = self.block(index)
        return index + 1

    def constraint(self, index: int) -> int:
        """What follows FILTER: brackets, a call, or EXISTS with its group."""
        while self.at(index).is_word("NOT", "EXISTS"):
            index += 1
        if self.is_sign(index, "{"):
            return self.group(index)
        return self.expression(index if self.is_sign(index, "(") else index + 1)

    def expression(self, index: int) -> int:
        """An expression in brackets; only its groups are parsed."""
        index = self.expect(index, "(")
        while not self.is_sign(index, ")"):
            if self.at(index).kind == "sign" and self.is_sign(index, "{"):
                index = self.group(index)
            elif self.is_sign(index, "("):
                index = self.expression(index)
            elif self.is_sign(index, "}"):
                raise UnparsedError("a brace closes nothing")
            else:
                self.note_star(index)
                index += 1
        return index + 1

    def values(self, index: int) -> int:
        """The variables and rows of VALUES."""
        if self.is_sign(index, "("):
            index = self.skip(index, "(", ")")
        else:
            index += 1
        return self.skip(index, "{", "}")

    def skip(self, index: int, opening: str, closing: str) -> int:
        """What is in brackets, without parsing it."""
        index, depth = self.expect(index, opening), 1
        while depth:
            self.at(index)
            depth += self.is_sign(index, opening) - self.is_sign(index, closing)
            index += 1
        return index

    # --- triple patterns

    def block(self, index: int) -> int:
        """Triple patterns, up to what is not one."""
        first, self.patterns = index, []
        while True:
            is_list = self.is_sign(index, "[")
            subject, index = self.term(index)
            if not (is_list and self.ends_pattern(index)):
                index = self.predicate_objects(subject, index)
            if not self.is_sign(index, ".") or not self.begins_term(index + 1):
                break
            index += 1
        end = self.tokens[index - 1].end
        graph = self.clause.graph.text if self.clause is not None else ""
        self.parsed.blocks.append(PatternBlock(self.tokens[first].start, end, tuple(self.patterns), graph))
        return index

    def ends_pattern(self, index: int) -> bool:
        token = self.at(index)
        is_keyword = token.kind == "word" and not token.is_word("A")
        return self.is_sign(index, ".", "}", "{") or is_keyword

    def begins_term(self, index: int) -> bool:
        token = self.at(index)
        is_constant = token.kind in ("variable", "iri", "name", "string", "number") or token.is_word("TRUE", "FALSE")
        return is_constant or self.is_sign(index, "[", "(", "+", "-", "<<")

    def predicate_objects(self, subject: PatternTerm, index: int) -> int:
        """`predicate object, object; predicate object`."""
        while True:
            path, index = self.verb(index)
            while True:
                value, index = self.term(index)
                self.patterns.append(PathPattern(subject, path, value))
                if self.is_sign(index, "~", "{|"):
                    raise UnparsedError(_WITHOUT_REIFIERS)
                if not self.is_sign(index, ","):
                    break
                index += 1
            if not self.is_sign(index, ";"):
                return index
            while self.is_sign(index, ";"):
                index += 1
            if self.is_sign(index, ".", "]", "}", "{") or self.ends_pattern(index):
                return index

    def verb(self, index: int) -> tuple[PropertyPath | PatternTerm, int]:
        if self.at(index).kind == "variable":
            return PatternTerm(self.tokens[index].text, "variable"), index + 1
        return self.path(index)

    def term(self, index: int) -> tuple[PatternTerm, int]:
        """A term; the patterns of a list or of a property list are added to those of the block."""
        token = self.at(index)
        if token.kind == "variable":
            return PatternTerm(token.text, "variable"), index + 1
        if token.kind == "name" and token.text.startswith("_:"):
            variable = self.labels.get(token.text) or self.variable().text
            self.labels[token.text] = variable
            self.parsed.blank_nodes.append((token, variable))
            return PatternTerm(variable, "variable"), index + 1
        if token.kind in ("iri", "name"):
            return PatternTerm(token.text, "iri", token.start), index + 1
        if self.is_sign(index, "["):
            return self.property_list(index)
        if self.is_sign(index, "("):
            return self.collection(index)
        return self.triple_term(index) if self.is_sign(index, "<<") else self.literal(index)

    def triple_term(self, index: int) -> tuple[PatternTerm, int]:
        """`<<( s p o )>>` of SPARQL 1.2, as it is written."""
        end = self.skip(index, "<<", ">>")
        inside = self.tokens[index + 1 : end - 1]
        if not self.is_sign(index + 1, "(") or any(t.text == "[" or t.text.startswith("_:") for t in inside):
            raise UnparsedError(_WITHOUT_REIFIERS)
        return PatternTerm(self.text[self.tokens[index].start : self.tokens[end - 1].end], "literal"), end

    def literal(self, index: int) -> tuple[PatternTerm, int]:
        first, token = index, self.at(index)
        if self.is_sign(index, "+", "-") and self.at(index + 1).kind == "number":
            index += 1
        elif token.kind == "string":
            if index + 1 < len(self.tokens) and self.tokens[index + 1].kind == "language":
                index += 1
            elif self.is_sign(index + 1, "^^"):
                index += 2
        elif token.kind != "number" and not token.is_word("TRUE", "FALSE"):
            raise UnparsedError(f"{token.text} is not a term")
        start = self.tokens[first].start
        return PatternTerm(self.text[start : self.at(index).end], "literal", start), index + 1

    def property_list(self, index: int) -> tuple[PatternTerm, int]:
        """`[ predicate object ]`."""
        subject = self.variable()
        if not self.is_sign(index + 1, "]"):
            return subject, self.expect(self.predicate_objects(subject, index + 1), "]")
        return subject, index + 2

    def collection(self, index: int) -> tuple[PatternTerm, int]:
        """`( term term )` as the triples of an RDF list."""
        first, rest, nil = (f"<{RDF}{name}>" for name in ("first", "rest", "nil"))
        index, terms = index + 1, []
        while not self.is_sign(index, ")"):
            term, index = self.term(index)
            terms.append(term)
        node = PatternTerm(nil, "iri")
        for term in reversed(terms):
            following, node = node, self.variable()
            self.patterns.append(PathPattern(node, StepPath(first), term))
            self.patterns.append(PathPattern(node, StepPath(rest), following))
        return node, index + 1

    def variable(self) -> PatternTerm:
        return PatternTerm(self.variables.new(), "variable")

    # --- paths

    def path(self, index: int) -> tuple[PropertyPath, int]:
        """`sequence | sequence`."""
        path, index = self.sequence(index)
        paths = [path]
        while self.is_sign(index, "|"):
            path, index = self.sequence(index + 1)
            paths.append(path)
        return (EitherPath(tuple(paths)) if len(paths) > 1 else path), index

    def sequence(self, index: int) -> tuple[PropertyPath, int]:
        path, index = self.element(index)
        paths = [path]
        while self.is_sign(index, "/"):
            path, index = self.element(index + 1)
            paths.append(path)
        return (ConcatenatedPath(tuple(paths)) if len(paths) > 1 else path), index

    def element(self, index: int) -> tuple[PropertyPath, int]:
        """`^path*`."""
        is_reversed = self.is_sign(index, "^")
        index += is_reversed
        path: PropertyPath
        if self.is_sign(index, "("):
            path, index = self.path(index + 1)
            index = self.expect(index, ")")
        elif self.is_sign(index, "!"):
            path, index = self.other_properties(index + 1)
        else:
            path, index = StepPath(self.property(index)), index + 1
        if self.is_sign(index, "*", "+", "?"):
            path, index = ClosurePath(path, self.tokens[index].text), index + 1
        return (ReversedPath(path) if is_reversed else path), index

    def property(self, index: int) -> str:
        token = self.at(index)
        is_label = token.kind == "name" and token.text.startswith("_:")
        if (token.kind in ("iri", "name") and not is_label) or (token.kind == "word" and token.text == "a"):
            return token.text
        raise UnparsedError(f"{token.text} is not a property")

    def other_properties(self, index: int) -> tuple[PropertyPath, int]:
        """What follows `!`: a property, or several in brackets."""
        forward: list[str] = []
        backward: list[str] = []
        is_list = self.is_sign(index, "(")
        index += is_list
        if is_list and self.is_sign(index, ")"):
            raise UnparsedError("!() names no property")
        while not (is_list and self.is_sign(index, ")")):
            is_reversed = self.is_sign(index, "^")
            (backward if is_reversed else forward).append(self.property(index + is_reversed))
            index += 1 + is_reversed
            if not is_list:
                return OtherPropertyPath(tuple(forward), tuple(backward)), index
            index += self.is_sign(index, "|")
        return OtherPropertyPath(tuple(forward), tuple(backward)), index + 1
