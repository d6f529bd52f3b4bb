"""Files under `data/` in; facts, each with its evidence, and decisions between sources out."""
