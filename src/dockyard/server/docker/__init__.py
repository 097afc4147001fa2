"""The Engine API's door: what a `docker` client speaks to.

    http/        sockets, connections, bodies, answers: HTTP and the hijack of a connection, nothing of Docker
    routing      path and method to operation, from the table in `dockyard.api.routes`
    request_json a request's JSON to the engine's values, with Go's leniency and Go's messages
    compat/      older requests up to the newest version, newest answers down to older ones: pure functions
    wire/        the engine's snapshots to the JSON of the newest version: pure functions
    endpoints/   one module for each noun; an endpoint takes a `Call` and gives an `Answer`
    door         version, route, endpoint, error: the way of one request

`door.Door` is what `dockyard.cmd.dockyardd` builds; `http.listen` opens its sockets.
"""
