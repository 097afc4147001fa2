"""Command-line flags as tables, with the rules of Go's pflag, which every Docker user's fingers know.

    spec.py     what a flag is: name, shorthand, kind, default, usage
    kinds.py    what a value may be: bool, int, bytes, duration, list, map …, with Go's messages for what it may not be
    parse.py    arguments and table in, values and positional arguments out
    usage.py    table in, the text of `--help` out

`dockyard` and `dockyardd` share it: each has its tables, neither has parsing code.
"""
