"""An open graph and what a reader asks for walk in; pages walk out, as HTML that needs neither script nor network.

Each page is a function of the graph and plain values: `thing_page(graph, iri) -> str`. So a page can be made in a
worker process, kept, tested and measured without a server. `routes` alone knows requests.

`gathering` reads what is told of a thing, bounded; `layouts` says, as a table, what stands where on a page; `sections`
fills it; `telling` turns terms and facts into what a reader sees; the templates write it down, and escape it.
"""
