"""Tables that say what the terms of other datasets mean in our ontology; importers and exports read them."""

from pathlib import Path

MAPPINGS = Path(__file__).parent
"""The folder of the tables."""
