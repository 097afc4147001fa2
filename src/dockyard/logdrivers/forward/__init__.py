"""The forwarder: sends what shims have written to where the containers' log drivers say.

    job.py        what is to be sent, and to whom        position.py   how far it has been sent
    spool.py      reads a container's spool              queue.py      what has been read and isn't sent
    delivery.py   sends, again and again if need be      courier.py    carries one container's entries
    service.py    one courier for each spool             lock.py       one forwarder for all spools

It is a process of its own (`cmd/dockyard_log_forwarder.py`), which outlives the daemon: while that is upgraded or dead,
logs go on to arrive. Killed itself, it is started again and goes on at the position that it wrote down last, so that a
few entries may arrive twice, and none never. docs/adr tells why it is so.
"""
