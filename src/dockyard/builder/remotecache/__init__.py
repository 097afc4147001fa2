"""Build caches that lie elsewhere: `--cache-to`, `--cache-from`. The format is BuildKit's, version 0.

config.py      what is in one: layers, and records that say which key gave which layers
write.py       what a build came to, as such a cache: documents and blobs
read.py        a cache's documents, checked, and what they have for a key
exporters.py   `--cache-to type=…`
importers.py   `--cache-from type=…`
caches.py      all imported ones of one build, asked by its solver

https://github.com/moby/buildkit/blob/v0.25.1/cache/remotecache/v1/types/doc.go
"""
