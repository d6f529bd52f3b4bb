"""Pages for people, as HTML that works without scripts and loads nothing from other sites.

Each page is a function of the graph and plain values, such as `entity_page(graph, iri)`, and returns text. So a page is
made in a worker process, cached, tested and measured without a server; only `routes` knows requests.

    routes        addresses -> pages; the page of an error
    entity_page   the page of an entity: card and sections
    why_page      why a triple holds
    query_pages   stored queries, their answers, and SPARQL
    browse_pages  all films, people, awards, companies and places; disagreements
    reference_pages  all sources; what the page of a source, class or property has besides
    search_pages  home, search, and lists of an entity's values
    film_summary  the sentences and the card at the top of a film's page
    award_tables  awards by ceremony, and records
    page_tables   the tables and lists of an entity's page
    drawings      bars, diagrams, timelines and networks as SVG
    layouts       which property and class is shown where
    entity_data   what the graph knows about an entity, limited in size
    display       terms and facts as readers see them: the view models of the templates
    templating    the Jinja templates, in templates/
    urls          the URLs of pages
"""
