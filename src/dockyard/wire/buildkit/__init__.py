"""BuildKit's messages: what a builder and its clients say to each other, by gRPC. For both sides.

notation.py   the form in which messages are described here
ops.py · control.py · frontend.py · session.py · shared.py    the descriptions: names, numbers, types
messages.py   the classes made of these, by package: `control.SolveRequest(...)`
services.py   the methods: which message goes in, which comes out, which of them stream

Needs `protobuf`, so it is imported when there is a build to be made, not before.
"""
