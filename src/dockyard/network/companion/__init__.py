"""What of the network must outlive the daemon, in one process for each engine: `cmd/dockyard_network.py`.

The daemon starts it when there is something to hold, tells it what to do over a socket, and tells it everything anew
after either of the two was killed; nothing of it is on disk. It holds

- the sockets of the resolver in containers' namespaces, with the table of names (`network.resolver`);
- the sockets that reserve published ports, and what comes to them past the firewall (`network.proxy`).

It ends when it holds nothing and no daemon is connected.

messages     what the daemon orders
launch       starts the process
client       the daemon's connection: keeps it, and a living process behind it
directory    what is told of names
held_ports   what is told of published ports
orders       the process's side: takes orders
holdings     and carries them out
"""
