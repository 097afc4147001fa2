"""`dockyard cp`: what it has to know of paths and archives on the side of its user.

names.py    which side is the container's, and under which name a copy arrives
upload.py   a local path as an archive              download.py   an archive as local files
"""
