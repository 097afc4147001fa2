"""tar: bytes of archives to members and back, and trees to and from archives, without ever leaving a root directory.

    source.py   where bytes come from (a stream, a file)      header.py, pax.py, sparse.py   the formats
    reader.py   bytes → members                               writer.py   members → bytes
    extract.py  members → a directory tree                    pack.py     files → members
    placed.py   members on their way to a place in a tree     walk.py     a directory with all below it → members

pax(1) and POSIX.1-2017 "ustar Interchange Format"; GNU tar's manual, "Tar Internals", for `L`, `K` and `S`.
"""
