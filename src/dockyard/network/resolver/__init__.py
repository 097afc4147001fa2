"""The name server at 127.0.0.11 that containers on user-defined networks ask.

It runs in the companion (`network.companion`), a process that outlives the daemon: containers find each other while
that is dead.

values      members of networks, and how a sandbox sees them: what the daemon tells
names       the table of names
answer      a question ► an answer, or: ask others                             (pure)
upstreams   which server to ask when                                           (pure)
exchange    one question, one server
forward     one question, all servers
port_rules  the rule that brings port 53 to the sockets                        (pure)
listeners   the sockets in a container's namespace
service     one sandbox at work
"""
