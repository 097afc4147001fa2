"""Control groups version 2: one hierarchy. Documentation/admin-guide/cgroup-v2.rst."""
