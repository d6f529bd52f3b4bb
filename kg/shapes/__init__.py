"""SHACL shapes and a graph walk in; a report of what breaks them walks out (https://www.w3.org/TR/shacl/)."""

from kg.shapes.files import read_shapes, validate_files
from kg.shapes.incremental import Standing
from kg.shapes.model import Shape, Shapes, single_valued
from kg.shapes.parse import to_shapes
from kg.shapes.validate import check

__all__ = ["Shape", "Shapes", "Standing", "check", "read_shapes", "single_valued", "to_shapes", "validate_files"]
