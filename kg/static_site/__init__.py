"""A static site: every page of the server as a file, which any web host serves, with search and SPARQL in the browser.

The pages come from the functions of `kg.server.pages`, which know no server. Their links are addresses of the server;
each becomes a relative link to the file of that address, so the folder works below any path.

    publish        pages, data and scripts, written beside the site and put in its place
    crawl          every page that links lead to, each rendered once
    published_page the content of an address
    query_forms    stored queries with values that the graph has, and as the browser binds and runs them
    site_files     addresses -> files and the links between them
    search_index   the names of all entities, for the search in the browser
    changes        what changed since the site was last written, and its Atom feed
    page_urls      absolute URLs of pages, and robots.txt
"""
