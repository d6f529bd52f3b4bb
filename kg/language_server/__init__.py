"""A language server for fact files and stored queries: `kg lsp`, over stdin and stdout.

editor_server    the server: protocol requests -> the functions below
editor_features  completion, hover and definitions at a position
diagnostics      what `kg check` finds in files as they are being edited
cursor           what is at a position of a file: key, value, block and source
index            the entities that fact files define, the sources and the ontology, read again when files change
"""
