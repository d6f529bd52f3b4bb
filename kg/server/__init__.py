"""A published graph walks in; a web application for SPARQL clients, spreadsheets, people and assistants walks out.

How a request is answered: `app.application` is the Starlette application. Each file that answers requests offers
`routes() -> list[BaseRoute]`, and `app.ROOMS` lists these functions. A route finds the `Endpoint` in
`request.app.state.endpoint`, takes its `edition` once, and asks that: so all of one answer comes from one build, also
when another is published meanwhile.

    async def films(request: Request) -> Response:
        edition = edition_of(request)
        listed = await edition.run(list_films, 20)          # list_films(graph: FilmGraph, most: int) -> anything
        return JSONResponse(listed)

`edition.run(work, *args)` calls a function of a module with the open `FilmGraph` in a worker process, and gives back
what it returns; work, arguments and what comes back are pickled, so let them be plain nouns, never an `Answer` or the
graph. A worker keeps its graph until it ends: what is dear to compute may be kept per graph (`functools.lru_cache` on a
function of the graph). Every run has the hard bounds of `Limits`: whoever overruns them is ended, and `LimitError` is
raised. An error of `kg.errors` that the work raises is raised again here, as it is.

`edition.queries` are the stored queries, `edition.id` names the build and the state of the query files: keep under it
whatever may be kept.

Errors of `kg.errors` and Starlette's `HTTPException` need not be caught: `problems` makes them
`application/problem+json`, by one table. `negotiation.best_media_type(accept, offers)` picks a media type.

Where HTML is asked for and `app.PAGES` has a function of that name, it answers: `async (request, edition, **told) ->
Response`. The names, and what each is told, are listed there; without one the request is answered in RDF or JSON. A
browser asks for HTML first, so a page need only be registered. Answers to GET are kept, compressed, given an ETag and a
strict Content-Security-Policy by `door`; a page that needs less strictness sets its own header.

Without HTTP, as an assistant's tools over stdio run: `async with Endpoint(project, Limits()) as endpoint: await
endpoint.edition.run(...)`.
"""
