"""Names that images are given by users."""

from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import Reference, parse_reference


def new_name(repository: str, tag: str) -> Reference:
    """The name made of the two (`tag` may be empty: latest). InvalidParameter for a digest, which only content has."""
    reference = parse_reference(f"{repository}:{tag}" if tag else repository)
    if reference.digest:
        raise InvalidParameter("refusing to create a tag with a digest reference")
    return reference.with_default_tag()
