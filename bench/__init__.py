"""The yardstick: Dockyard next to Debian's dockerd, with the same client, in one run.

`__main__` picks and runs, `engines` starts both, `cases` and `throughput` are the pieces of work, `report` writes JSON
and the table.
"""
