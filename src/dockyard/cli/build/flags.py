"""The flags of `dockyard build`: those of `docker buildx build`, and the old ones that it still takes.

https://docs.docker.com/reference/cli/docker/buildx/build/
"""

from __future__ import annotations

from dockyard.cli.flags.kinds import BOOL, BYTES, LIST, STRING
from dockyard.cli.flags.spec import Flag
from dockyard.cli.flags.ulimit import ULIMIT

FLAGS = (
    Flag("add-host", "", LIST, 'Name of a host and its address, "host:ip"'),
    Flag("allow", "", LIST, 'What the build may do beyond the usual: "network.host", "security.insecure"'),
    Flag("annotation", "", LIST, 'Annotation of the image: "key=value", "manifest:key=value"'),
    Flag("attest", "", LIST, 'Attestation: "type=sbom,generator=image"'),
    Flag("build-arg", "", LIST, "Variable of the build, name=value; a name alone takes its value from here"),
    Flag("build-context", "", LIST, "Further context, name=path or name=URL"),
    Flag("builder", "", STRING, "Builder; there is one, the daemon's", hidden=True),
    Flag("cache-from", "", LIST, 'Cache to take from: "me/app:cache", "type=registry,ref=…"'),
    Flag("cache-to", "", LIST, 'Cache to write to: "type=inline", "type=registry,ref=…"'),
    Flag("call", "", STRING, 'What to do: "build", "check", "outline", "targets"', default="build"),
    Flag("cgroup-parent", "", STRING, "Parent cgroup of RUN's containers"),
    Flag("check", "", BOOL, 'Short for "--call=check"'),
    Flag("file", "f", STRING, "Dockerfile, PATH/Dockerfile without it; - is stdin"),
    Flag("iidfile", "", STRING, "File that the image's id is written into"),
    Flag("label", "", LIST, "Label of the image, name=value"),
    Flag("load", "", BOOL, 'Short for "--output=type=docker"'),
    Flag("metadata-file", "", STRING, "File that what is known of the result is written into, as JSON"),
    Flag("network", "", STRING, 'Network of RUN: "default", "none", "host"', default="default"),
    Flag("no-cache", "", BOOL, "Take nothing from the cache"),
    Flag("no-cache-filter", "", LIST, "Stages that take nothing from the cache"),
    Flag("output", "o", LIST, 'Where the result goes: a folder, "-", "type=local,dest=path", "type=image,push=true"'),
    Flag("platform", "", LIST, "Platforms to build for"),
    Flag("progress", "", STRING, 'How to show it: "auto", "plain", "tty", "quiet", "rawjson"', default="auto"),
    Flag("provenance", "", STRING, 'Short for "--attest=type=provenance"'),
    Flag("pull", "", BOOL, "Ask registries for all images, also those that are here"),
    Flag("push", "", BOOL, 'Short for "--output=type=registry"'),
    Flag("quiet", "q", BOOL, "Print the image's id, and nothing else"),
    Flag("sbom", "", STRING, 'Short for "--attest=type=sbom"'),
    Flag("secret", "", LIST, 'Secret of the build: "id=token,src=file", "id=token,env=TOKEN"'),
    Flag("shm-size", "", BYTES, "Size of /dev/shm of RUN's containers"),
    Flag("ssh", "", LIST, 'SSH agent of the build: "default", "id=socket", "id=key,key"'),
    Flag("tag", "t", LIST, "Name of the image, name:tag"),
    Flag("target", "", STRING, "Stage to build"),
    Flag("ulimit", "", ULIMIT, "Limits of RUN's processes"),
    # what the classic builder had: buildx takes and ignores these, because they mean nothing to BuildKit
    Flag("compress", "", BOOL, "", hidden=True),
    Flag("force-rm", "", BOOL, "", hidden=True),
    Flag("rm", "", BOOL, "", default=True, hidden=True),
    # and these say something about the result: refused
    Flag("cpu-period", "", STRING, "", hidden=True),
    Flag("cpu-quota", "", STRING, "", hidden=True),
    Flag("cpu-shares", "c", STRING, "", hidden=True),
    Flag("cpuset-cpus", "", STRING, "", hidden=True),
    Flag("cpuset-mems", "", STRING, "", hidden=True),
    Flag("isolation", "", STRING, "", hidden=True),
    Flag("memory", "m", STRING, "", hidden=True),
    Flag("memory-swap", "", STRING, "", hidden=True),
    Flag("security-opt", "", LIST, "", hidden=True),
    Flag("squash", "", BOOL, "", hidden=True),
)

CLASSIC_ONLY = (
    "cpu-period", "cpu-quota", "cpu-shares", "cpuset-cpus", "cpuset-mems", "isolation", "memory", "memory-swap",
    "security-opt", "squash",
)  # fmt: skip
"""What only Docker's classic builder can do."""
