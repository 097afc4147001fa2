"""The endpoints, one module for each noun or verb: a `Call` in, an `Answer` out, and calls of the engine in between.

An endpoint checks its parameters, asks the engine, and puts the answer into the JSON of the newest version (`wire`) and
of the asked one (`compat`). `table` lists them all.
"""
