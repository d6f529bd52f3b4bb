"""What the graph knows about entities: names, search, descriptions, the schema card, conflicts."""
