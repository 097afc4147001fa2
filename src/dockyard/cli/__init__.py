"""The `dockyard` command: noun folders, a verb a file; it talks to the daemon through `dockyard.client` only.

Python's start-up is most of what a short command costs, so nothing here imports `re`, `typing`, `argparse`, `socket` or
`asyncio`; a verb's module is imported when that verb is called (tests/unit/cli/test_imports.py keeps it so).
"""
