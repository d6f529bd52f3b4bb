"""A server of the Model Context Protocol: stored queries as typed tools, their rows with citations.

tools      the tools and their JSON Schemas
calls      a call of a tool, and its reply
citations  rows with numbered citations, as a document and as text
server     the server, over stdin and stdout or over HTTP
"""
