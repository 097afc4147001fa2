"""Media types and header names of the Engine API that both sides must spell alike.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerAttach
"""

JSON = "application/json"
JSON_LINES = "application/jsonl"
NDJSON = "application/x-ndjson"
JSON_SEQUENCE = "application/json-seq"
TAR = "application/x-tar"
TEXT = "text/plain; charset=utf-8"

RAW_STREAM = "application/vnd.docker.raw-stream"
"""Bytes of a terminal, as they are."""
MULTIPLEXED_STREAM = "application/vnd.docker.multiplexed-stream"
"""stdout and stderr in frames of `dockyard.api.frames`; named so since API 1.42, before that RAW_STREAM was said."""

REGISTRY_AUTH_HEADER = "X-Registry-Auth"
REGISTRY_CONFIG_HEADER = "X-Registry-Config"
PATH_STAT_HEADER = "X-Docker-Container-Path-Stat"
API_VERSION_HEADER = "Api-Version"
BUILDER_VERSION_HEADER = "Builder-Version"
EXPERIMENTAL_HEADER = "Docker-Experimental"
OS_TYPE_HEADER = "Ostype"
SWARM_HEADER = "Swarm"
