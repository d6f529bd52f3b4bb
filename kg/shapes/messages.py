"""A broken constraint walks in; a sentence, what was expected and what was found walk out, in words and not IRIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from kg.shapes.model import Constraint, Shape
from kg.shapes.paths import Alternative, Path, Repeat, Step, to_sparql
from kg.shapes.paths import Sequence as PathSequence
from kg.shapes.shapes_graph import local
from kg.terms import PREFIXES, XSD, to_curie
from kg.xsd import lexical_form, literal_parts

LANGUAGES = ("en", "")
"""The languages in which sentences are looked for, best first."""
_COUNTS = frozenset({"minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount"})
_MOST_NAMED = 5
_NAMESPACES = tuple(f"<{namespace}" for namespace in PREFIXES.values())


class _Terms(dict[str, str]):
    """What each term is called; whatever has no label is worded when it is first asked for."""

    def __missing__(self, text: str) -> str:
        self[text] = told = _unlabelled(text)
        return told


class Words:
    """The labels that are known, by exact term, and the languages that the reader wants; remembers what it has said."""

    def __init__(
        self,
        labels: Mapping[str, str] | None = None,
        languages: Sequence[str] = LANGUAGES,
        shapes: Mapping[str, Shape] | None = None,
    ) -> None:
        self.labels = labels or {}
        self.shapes = shapes or {}
        self.languages = languages
        self._terms = _Terms({term: label for term, label in self.labels.items() if label})
        self.term: Callable[[str], str] = self._terms.__getitem__
        """A term as people read it: its label, the words of a literal, or a CURIE."""

    def path(self, path: Path | None) -> str:
        """A path as people read it."""
        match path:
            case None:
                return "value"
            case Step():
                known = self.labels.get(path.predicate) or _spaced(local(path.predicate))
                return f"inverse {known}" if path.inverse else known
            case PathSequence():
                return " / ".join(self.path(part) for part in path.parts)
            case Alternative():
                return " or ".join(self.path(part) for part in path.parts)
            case Repeat():
                return (
                    f"{self.path(path.part)} (repeated)"
                    if path.times != "?"
                    else f"{self.path(path.part)} (at most one step)"
                )

    def property_of(self, shape: Shape) -> str:
        """What the shape calls the property that it looks at."""
        return (
            lexical_form(self.chosen(shape.names)) if shape.names and shape.path is not None else self.path(shape.path)
        )

    def chosen(self, texts: Sequence[str]) -> str:
        """The text in the language that the reader likes best; the first when there is none."""
        for wanted in self.languages:
            for text in texts:
                literal = literal_parts(text)
                if literal is not None and (
                    literal.language == wanted or (wanted and literal.language.startswith(wanted + "-"))
                ):
                    return text
        return texts[0] if texts else ""

    def listed(self, terms: Sequence[str]) -> str:
        """A few terms in a row: `a, b or c`."""
        named = [self.term(term) for term in terms[:_MOST_NAMED]]
        if len(terms) > _MOST_NAMED:
            return ", ".join(named) + f" or {len(terms) - _MOST_NAMED} others"
        return " or ".join(filter(None, (", ".join(named[:-1]), named[-1]))) if named else "nothing"


def expected(constraint: Constraint, shape: Shape, words: Words) -> str:
    """What the constraint asks for."""
    value = constraint.values[0] if constraint.values else ""
    what, told = words.property_of(shape), words.term(value) if value else ""
    match constraint.component.name:
        case "minCount":
            return f"at least {constraint.count} {what}"
        case "maxCount":
            return f"at most {constraint.count} {what}" if constraint.count else f"no {what}"
        case "class":
            return f"an instance of {told}"
        case "datatype":
            return f"a value of type {to_curie(value[1:-1])}"
        case "nodeKind":
            return {
                "IRI": "an IRI",
                "BlankNode": "a blank node",
                "Literal": "a literal",
                "BlankNodeOrIRI": "a blank node or an IRI",
                "BlankNodeOrLiteral": "a blank node or a literal",
                "IRIOrLiteral": "an IRI or a literal",
            }[local(value)]
        case "minInclusive":
            return f"{told} or more"
        case "minExclusive":
            return f"more than {told}"
        case "maxInclusive":
            return f"{told} or less"
        case "maxExclusive":
            return f"less than {told}"
        case "minLength":
            return f"at least {constraint.count} characters"
        case "maxLength":
            return f"at most {constraint.count} characters"
        case "pattern":
            return f"a value like {lexical_form(value)}"
        case "languageIn":
            return f"a text in {words.listed(constraint.values)}"
        case "uniqueLang":
            return "one value in each language"
        case "equals":
            return f"the same values as {_of(value, words)}"
        case "disjoint":
            return f"no value that is also {_of(value, words)}"
        case "lessThan":
            return f"less than {_of(value, words)}"
        case "lessThanOrEquals":
            return f"no more than {_of(value, words)}"
        case "in":
            return f"one of {words.listed(constraint.values)}"
        case "hasValue":
            return f"{told} among the values"
        case "closed":
            return "only the properties that the shape knows"
        case "qualifiedMinCount":
            return f"at least {constraint.count} {what} of {_shapes(constraint, words)}"
        case "qualifiedMaxCount":
            return f"at most {constraint.count} {what} of {_shapes(constraint, words)}"
        case "not":
            return f"something that is not of {_shapes(constraint, words)}"
        case "and" | "node":
            return f"something of {_shapes(constraint, words)}"
        case "or":
            return _alternatives(constraint, words) or f"something of at least one of {len(constraint.shapes)} shapes"
        case "xone":
            told = _alternatives(constraint, words)
            return f"either {told}" if told else f"something of exactly one of {len(constraint.shapes)} shapes"
        case _:
            return ""


def found(constraint: Constraint, value: str, path: str, other: str, values: Sequence[str], words: Words) -> str:
    """What stands there instead."""
    match constraint.component.name:
        case "minCount" | "maxCount" | "qualifiedMinCount" | "qualifiedMaxCount":
            return f"{len(values)}: {', '.join(map(words.term, values[:_MOST_NAMED]))}" if values else "none"
        case "hasValue":
            return ", ".join(map(words.term, values[:_MOST_NAMED])) or "none"
        case "uniqueLang":
            literal = literal_parts(other)
            return f"several in {literal.language!r}" if literal is not None else ""
        case "lessThan" | "lessThanOrEquals":
            return f"{words.term(value)} against {words.term(other)}"
        case "closed":
            return f"{_of(path, words)} {words.term(value)}"
        case "datatype" if (literal := literal_parts(value)) is not None:
            if f"<{literal.datatype}>" == constraint.values[0]:
                return f"{words.term(value)}, which does not fit its type"
            return f"{words.term(value)} of type {to_curie(literal.datatype)}"
        case _:
            return words.term(value) if value else ""


def sentence(constraint: Constraint, property: str, focus: str, wanted: str, was: str, words: Words) -> str:
    """The default sentence, for shapes that bring none; `property` is what they look at, as they call it."""
    if constraint.component.name in _COUNTS:
        return f"{words.term(focus)} should have {wanted}, but has {was}"
    about = f"{words.term(focus)}: " if focus else ""
    what = f"{property} " if property else ""
    return f"{about}{what}should be {wanted}, but is {was}" if was else f"{about}{what}should be {wanted}"


def filled(message: str, parts: Mapping[str, str]) -> str:
    """The shape's own sentence with its placeholders filled in; an unknown placeholder stays as it is.

    >>> filled("{$this} has {?n} titles", {"this": "Anora", "n": "2"})
    'Anora has 2 titles'
    """
    return re.sub(r"\{[$?](\w+)\}", lambda m: parts.get(m[1], m[0]), message)


def placeholders(constraint: Constraint, shape: Shape, focus: str, value: str, words: Words) -> dict[str, str]:
    """What a message may name: https://www.w3.org/TR/shacl/#sparql-constraints-placeholders."""
    parts = {"this": words.term(focus), "PATH": words.property_of(shape), "path": words.property_of(shape)}
    if value:
        parts["value"] = words.term(value)
    if constraint.values:
        parts[constraint.component.name] = words.listed(constraint.values)
    return parts


def path_text(path: Path | None) -> str:
    """The exact text of a path for a finding."""
    return "" if path is None else to_sparql(path)


def _unlabelled(text: str) -> str:
    if text.startswith("<"):
        # Most IRIs of other people's data have no prefix here: one look, and not one for each prefix.
        return to_curie(text[1:-1]) if text.startswith(_NAMESPACES) else text
    literal = literal_parts(text)
    if literal is None:
        return "a node without a name"
    plain = literal.datatype.startswith(XSD) and literal.datatype != XSD + "string"
    tag = f" ({literal.language})" if literal.language else ""
    return literal.lexical if plain else f"“{_shortened(literal.lexical)}”{tag}"


def _of(predicate: str, words: Words) -> str:
    return words.path(Step(predicate))


def _shapes(constraint: Constraint, words: Words) -> str:
    named = [words.term(shape) for shape in constraint.shapes if not shape.startswith("_:")]
    return "the shape " + " and ".join(named) if named else "a certain shape"


def _alternatives(constraint: Constraint, words: Words) -> str:
    """`a value of type xsd:date or a value of type xsd:gYear`, where the shapes are as simple as that."""
    shapes = [words.shapes.get(node) for node in constraint.shapes]
    told = []
    for shape in shapes:
        if shape is None or shape.path is not None or len(shape.constraints) != 1 or shape.deactivated:
            return ""
        told.append(expected(shape.constraints[0], shape, words))
    kinds = [each.removeprefix("a value of type ") for each in told]
    if all(kind != each for kind, each in zip(kinds, told, strict=True)):
        return f"a value of type {' or '.join(filter(None, (', '.join(kinds[:-1]), kinds[-1])))}"
    return " or ".join(told)


def _spaced(name: str) -> str:
    """`castMember` as two words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower() if not name.isupper() else name


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "\u2026"
