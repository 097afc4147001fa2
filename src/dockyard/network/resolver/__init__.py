"""The name server at 127.0.0.11 that containers on user-defined networks ask.

It runs in a process of its own, one for each engine (`cmd/dockyard_resolver.py`), and outlives the daemon: containers
find each other while that is dead. The daemon tells it who is where, over a socket; it forgets nothing but by order.

values      what the two tell each other about: members of networks, and how a sandbox sees them
names       the table of names
answer      a question ► an answer, or: ask others                             (pure)
upstreams   which server to ask when                                           (pure)
exchange    one question, one server
forward     one question, all servers
listeners   the sockets in a container's namespace, and the rule that brings port 53 to them
service     one sandbox at work
messages    what the daemon orders
orders      carries the orders out
client      the daemon's side
launch      starts the process
"""
