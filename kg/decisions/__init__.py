"""Links between entities, trust in sources, and the resolution of conflicting facts."""
