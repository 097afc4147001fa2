"""A folder is sent over a stream of packets, so that what the other side has already isn't sent again.

The protocol is fsutil's (DiffCopy of moby.filesync.v1.FileSync and FileSend); either side may be hostile to the other:

    sender                              receiver
    STAT entry     (id 0, 1, 2, …)  ▸   compares with what is in its folder, makes what has no data
    STAT           (the end)        ▸   removes what the sender hasn't named
                                    ◂   REQ id      a regular file that differs
    DATA id bytes, DATA id ""       ▸   writes it beside, puts it in place when it is whole
                                    ◂   FIN         all is there
    FIN                             ▸
    ERR text       (either way)         ends it

Ids count the entries. Entries come in the order of a walk: names of a directory in byte order, each directory followed
by what is in it.

    entry.py      what is sent of a file, and packets        stream.py     packets on a gRPC stream
    select.py     .dockerignore, include patterns            follow.py     paths whose links are followed
    tree.py       the sender's folder                        send.py       the sender
    results.py    what a build came to, as what is sent
    order.py      what a receiver demands of the order       disk.py       the receiver's folder
    receiver.py   the receiver, without a network            receive.py    the receiver

A daemon calls `receive(stream, folder)` to fetch a client's context, a client calls `send(stream, Tree(folder, …))`.
For an exporter it is the other way round, with `merge=True`.
"""
