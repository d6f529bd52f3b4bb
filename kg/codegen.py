"""Files generated from the ontology: `kg/vocabulary.py` and `ontology/context.jsonld`.

`python -m kg.codegen` writes them; a test checks that they are up to date.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Mapping
from pathlib import Path

from kg.exports.jsonld import to_context
from kg.project import Project, find_project
from kg.schema import OntologyTerm, Schema, read_ontology, to_schema
from kg.terms import FILM

_HEAD = '''"""The classes and properties of the film ontology, as Python names.

Generated from ontology/film.ttl by `python -m kg.codegen`; not edited by hand.

>>> director.value
'https://w3id.org/filmgraph/film/director'
"""

from pyoxigraph import NamedNode

'''


def generate(project: Project) -> Mapping[Path, str]:
    """Path in the checkout -> text, of each generated file."""
    schema = to_schema(read_ontology(project.ontology))
    context = json.dumps({"@context": to_context(schema)}, ensure_ascii=False, indent=1) + "\n"
    return {Path("kg/vocabulary.py"): _vocabulary(schema), Path("ontology/context.jsonld"): context}


def _vocabulary(schema: Schema) -> str:
    terms = (*schema.classes.values(), *schema.properties.values())
    own = (term for term in terms if term.iri.value.startswith(FILM))
    return _HEAD + "\n".join(_constant(term) for term in sorted(own, key=lambda term: term.name))


def _constant(term: OntologyTerm) -> str:
    name = f"{term.name}_" if keyword.iskeyword(term.name) else term.name
    sentence = term.comment.replace("\\", "\\\\").replace('"""', "'''")
    return f'{name} = NamedNode("{term.iri.value}")\n"""{sentence}"""\n'


def main() -> None:
    """Write the generated files of the checkout around the working folder."""
    project = find_project()
    for path, text in generate(project).items():
        (project.folder / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
