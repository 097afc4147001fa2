"""Where this process itself is: /proc/self/cgroup, cgroups(7)."""


def own_paths(file: str) -> dict[str, str]:
    """Path by controller from a file like /proc/self/cgroup; the v2 one has the key ""."""
    paths = {}
    with open(file, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            _, names, path = line.rstrip("\n").split(":", 2)
            for name in names.split(","):
                paths[name] = path
    return paths
