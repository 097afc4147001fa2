"""Control groups version 1: a hierarchy for each controller. Documentation/admin-guide/cgroup-v1/."""
