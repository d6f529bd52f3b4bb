"""The web server: SPARQL, stored queries as URLs, a page for every entity, reconciliation.

    supervisor.py       accepts connections and hands them to processes
    process.py          one of these processes: uvicorn with our application
    http_connection.py  uvicorn's protocol, bounded, with ready responses
    app.py              the application: routes, pages, middlewares, health
    middleware.py       log, headers, errors, limits, cache, compression, tags: a list
    response_cache.py   finished responses of one snapshot
    fast_path.py        lookups that need no worker
    snapshot.py         the published build with its workers (`kg.workers`), replaced when another is published
    graph_source.py     a build, or the one that another store holds
    request_params.py   what a request asks for
    problems.py         errors as problem documents
    metrics.py          Prometheus metrics in shared memory
    settings.py         limits and settings
    review_server.py    a server of its own: the review of unsure pairs
    http/               media types, hosts and origins, the log
    api/                routes for programs
    reconcile/          the Reconciliation Service API
    example_values.py   values with which a stored query has an answer
    pages/              HTML for people

A module that answers requests offers `routes() -> list[BaseRoute]`, and `app.ROUTES` lists these functions. A route
takes the snapshot once and has a worker run functions on its graph, so that all of one answer comes from one build,
also when another is published meanwhile:

    async def films(request: Request) -> Response:
        snapshot = snapshot_of(request)
        listed = await snapshot.run(list_films, 20)          # list_films(graph: FilmGraph, limit: int) -> anything
        return JSONResponse(listed)

`run` calls a function of a module with the open `FilmGraph`. Function, arguments and result are pickled: plain values,
never an `Answer` or the graph. A worker keeps its graph until it ends, so what is expensive may be cached per graph
(`functools.lru_cache` on a function of the graph). Every job has the limits of `Limits`; one that exceeds them is
killed, and `LimitError` is raised. An error of `kg.errors` that the function raises is raised again here, as it is.

Errors of `kg.errors` and Starlette's `HTTPException` need not be caught: `problems` makes them
`application/problem+json`. Where HTML is asked for and `app.PAGES` has a page, that answers; without one, the request
is answered in RDF or JSON. A page that needs another Content-Security-Policy sets its own header.

Without HTTP, as assistants over stdio use it: `async with GraphService(project) as service: await
service.snapshot.run(...)`.
"""
