"""SHACL validation (https://www.w3.org/TR/shacl/): shapes compiled to SQL.

model              shapes, targets, constraints, components
components/        the constraint components of SHACL Core, a row each
paths              property paths
parse              shapes graph to model, and the positions of shapes and findings in files
value_lists        lists of classes, datatypes and kinds of nodes, as alternatives
plan               which sets of nodes to compute, and which checks on them
validation_tables  the DuckDB tables of a validation
sql_engine         validation of compiled shapes
constraint_queries queries of SHACL-SPARQL that only join
pyshacl_engine     validation of shapes that are not compiled: SHACL-SPARQL, advanced features
incremental        validation after a change
value_limits       what the shapes require of a literal, for importers
results            validation results, and their messages
validate           `check` a graph, `read_shapes`, `validate_files`
"""

from kg.shapes.incremental import IncrementalValidation
from kg.shapes.model import Shape, Shapes, single_valued
from kg.shapes.parse import to_shapes
from kg.shapes.validate import check, read_shapes, validate_files

__all__ = [
    "IncrementalValidation",
    "Shape",
    "Shapes",
    "check",
    "read_shapes",
    "single_valued",
    "to_shapes",
    "validate_files",
]
