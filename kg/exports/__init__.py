"""A published graph walks out: as RDF, as tables, in the words of others, and as what others may take back."""
