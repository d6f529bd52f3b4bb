"""Routes for programs.

sparql            the SPARQL protocol
queries           stored queries as URLs, with pages of rows and explanations
entities          entities in RDF and JSON, their explanations, redirects from names
graph_store       reading of named graphs, by the Graph Store HTTP Protocol
graph_conversion  a process that writes a graph in another serialisation, as a stream
void              the description of the dataset, as VoID and a SPARQL service description
sitemap           sitemaps of the pages, for crawlers
openapi           the OpenAPI document of these routes
"""
