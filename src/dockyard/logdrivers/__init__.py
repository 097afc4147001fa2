"""Log drivers: where else than into files a container's output goes.

contract.py        what a driver is told, gives and does; the vocabulary of all the others
drivers.py         the table of drivers, and the check of their options
options/           one file for each driver: which options it has, and what they mean
local_entries.py   the format in which entries wait, as Docker's `local` driver writes it
<driver>/          messages (bytes, no I/O) and sink (connections, no format) of a driver that sends
forward/           the process that sends what shims have written, and remembers how far it has come
"""
