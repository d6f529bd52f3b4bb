"""Files generated from the ontology: `kg/vocabulary.py`, `ontology/context.jsonld`, and pages in `docs/ontology/`.

`python -m kg.ontology_docs.generate` writes them; a test checks that they are up to date.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyoxigraph import Triple

from kg.decisions.links import linked_names
from kg.exports.jsonld import to_context
from kg.facts.fact_table import ProjectFacts
from kg.facts.readers import read_facts
from kg.graph.triple_tables import TripleTables
from kg.ontology_docs.diagram import draw
from kg.ontology_docs.module import read_modules
from kg.ontology_docs.page import find_examples, write_kinds_page, write_page
from kg.project import Project, find_project
from kg.schema import OntologyTerm, Schema, read_ontology, to_schema
from kg.terms import FILM

_HEAD = '''"""The classes, kinds and properties of the film ontology, as Python names.

Generated from ontology/*.ttl by `python -m kg.ontology_docs.generate`; not edited by hand.

>>> director.value
'https://w3id.org/filmgraph/film/director'
"""

from pyoxigraph import NamedNode

'''


def generate(project: Project) -> Mapping[Path, str]:
    """Path in the checkout -> text, of each generated file."""
    ontology = read_ontology(project.ontology)
    schema = to_schema(ontology)
    context = json.dumps({"@context": to_context(schema)}, ensure_ascii=False, indent=1) + "\n"
    files = {Path("kg/vocabulary.py"): _vocabulary(schema), Path("ontology/context.jsonld"): context}
    files.update(_pages(project, ontology, schema))
    return files


def _pages(project: Project, ontology: Sequence[Triple], schema: Schema) -> Mapping[Path, str]:
    """A page and a diagram for each module, and a page of the kinds."""
    facts = read_facts(project.data, schema, ProjectFacts(TripleTables()), linked=linked_names(project.data)).facts
    examples = find_examples(((fact.subject, fact.property, fact.value) for fact in facts), schema)
    folder, pages = Path("docs/ontology"), {}
    for module in read_modules(project.ontology):
        pages[folder / f"{module.name}.md"] = write_page(module, ontology, examples)
        pages[folder / f"{module.name}.svg"] = draw(module, schema)
    pages[folder / "kinds.md"] = write_kinds_page(schema, ontology, examples)
    return pages


def _vocabulary(schema: Schema) -> str:
    terms = (*schema.types.values(), *schema.properties.values())
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
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
