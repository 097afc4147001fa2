"""gRPC on a connection that is there already: BuildKit's daemon and its clients serve and call on hijacked ones.

connection.py   a socket becomes an HTTP/2 connection, in either role; what a hostile peer may make us hold
serve.py        functions as methods: `unary`, `streaming`, `conversing`
call.py         the other side's methods: `Caller`
codec.py        messages, and the details of errors, as bytes

Needs `grpclib` and `protobuf`, so it is imported when there is a build to be made, not before.
https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
"""
