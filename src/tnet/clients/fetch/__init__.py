"""`tnet fetch`: requests over HTTP, led to their answers, and what becomes of those.

Read it in this order: `job` (the whole), `transfer` (one URL), `client` (one request, over redirects and logins, to
its final answer), `hop` (one request and one answer), `wire` (the connections). What the answer becomes is in
`downloads`, `streaming` and `show`; what is told about it in `report`.
"""
