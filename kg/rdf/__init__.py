"""RDF files of any format, encoding and size, read within bounds.

parser           the quads of a file, one by one, with what is wrong and where
xml_writer       RDF/XML, and what it cannot hold
blank_nodes      labels for blank nodes that depend on nothing but the graph
jsonld_contexts  JSON-LD with the contexts that are shipped in place of their addresses
encodings        compressed files, UTF-16, ISO-8859-1, byte order marks, line ends, bases of XML
data_files       files, folders, patterns and stdin as files of RDF, with the prefixes that they declare
rdflib_parser    rdflib's parser of SPARQL, which keeps nothing of its callers
rdflib_warnings  rdflib's warnings about literals, left out where they are expected
file_formats     the format of a file, by its name and its first characters
"""

INPUT_FORMATS = ("turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld", "n3")
"""The names of `file_formats.FORMAT_NAMES`, for the options of commands that do not import pyoxigraph."""
RDF_VERSIONS = ("1.1", "1.2")
"""The versions of RDF that files may be held to; the last is the default."""
