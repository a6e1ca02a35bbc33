"""What is served under /v1, as a table: who may, what goes in, what comes out, what it is for.

One line an endpoint, in the file of its area. Out of it come the permission table, the OpenAPI document
and the table of docs/central-api.md; tests hold it against the routes and against what they do.
"""
