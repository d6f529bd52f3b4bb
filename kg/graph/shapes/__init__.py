"""SHACL shapes and a graph walk in; a report of what breaks them walks out (https://www.w3.org/TR/shacl/)."""

from kg.graph.shapes.checking import check
from kg.graph.shapes.files import read_shapes, validate_files
from kg.graph.shapes.reading import to_shapes
from kg.graph.shapes.shape import Shape, Shapes, single_valued
from kg.graph.shapes.standing import Standing

__all__ = ["Shape", "Shapes", "Standing", "check", "read_shapes", "single_valued", "to_shapes", "validate_files"]
