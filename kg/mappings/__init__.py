"""What the terms of other datasets mean in our ontology; importers and exports read it.

mapping_file    YAML mapping files, read with places and all faults at once
linked_datasets the datasets of `ontology/datasets.ttl`: identifiers and addresses
wikidata        Wikidata's classes and properties -> ours, by `wikidata.yaml` and the crosswalk; and ours -> Wikidata's
*.yaml, imdb/   the mappings of other datasets, read by their importers
"""

from pathlib import Path

MAPPINGS = Path(__file__).parent
"""The folder of the mapping files."""
