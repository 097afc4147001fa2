"""Container networks: who gets which address, link, route, published port and firewall rule.

    controller      the one object that the engine calls: from one thread, without waiting for anything slow
    attachment      the values that go in and out of it: requests, endpoints, published ports
    endpoints       the living endpoints, by network and sandbox, with notice of changes: what the resolver reads
    request         what users ask of a network; creation: what it comes to
    networks        records of networks on disk
    roster          records and the objects behind them, which `opening` makes
    recovery        what a killed daemon left half done
    host_view       links, addresses and routes of the host
    drivers/        contract and planning, and bridge, host, none
    companion/      the process that outlives the daemon, with what it holds; and the daemon's side of it
    resolver/       names in containers: questions and answers
    ipam/           which subnet a network gets, which address an endpoint
    portmap/        which host port leads where; reservation against every other process of the host
    firewall/       the text of our nftables table, and the object that keeps the kernel's copy like it
    proxy/          forwards what comes to published ports past the firewall
    sandbox/        network namespaces by id, pinned below the exec root
    etc/            text of a container's /etc/hosts, /etc/hostname and /etc/resolv.conf

`docker run` on the default bridge: `create_sandbox` (a namespace, loopback up), `attach` (address from ipam, ports from
portmap, pair of links, address and route inside, map elements in the firewall). The reasons are in
docs/adr/0006-networking-in-process.md.
"""
