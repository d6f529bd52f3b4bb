"""SERVICE in queries, for the endpoints that a project's `filmgraph.toml` lists.

config           the endpoints and their limits
service_clauses  the SERVICE clauses of a query, each with the patterns before it
endpoint_client  HTTP requests to an endpoint, with limits, retries and a cache
federate         clauses replaced by what their endpoints answer
"""
