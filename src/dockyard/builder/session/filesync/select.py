"""Which files of a folder are sent: those that include patterns name, without those that exclude patterns name.

Both are `.dockerignore` patterns (moby/patternmatcher); a directory that is named brings in what is below, or keeps it
out.
"""

from collections.abc import Sequence

from dockyard.builder.dockerfile.ignore import Ignore


class Selection:
    """Compiled patterns; no include pattern means everything. Raises InvalidParameter for one that can't be read."""

    def __init__(self, includes: Sequence[str] = (), excludes: Sequence[str] = ()) -> None:
        self._includes = Ignore(includes) if includes else None
        self._excludes = Ignore(excludes) if excludes else None
        self.everything = self._includes is None and self._excludes is None

    def wants(self, path: str) -> bool:
        """Whether `path` itself is sent."""
        if self._includes is not None and not self._includes.excludes(path):
            return False
        return self._excludes is None or not self._excludes.excludes(path)

    def enters(self, directory: str) -> bool:
        """Whether something below `directory`, which isn't wanted itself, may be."""
        if self._includes is not None and not (
            self._includes.excludes(directory) or self._includes.may_name_below(directory)
        ):
            return False
        return self._excludes is None or not self._excludes.excludes(directory) or self._excludes.may_hold(directory)
