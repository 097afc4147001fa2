"""`--platform`: what users write, as the JSON that the API takes."""

from __future__ import annotations

import json


def platform_json(text: str) -> str | None:
    """A platform as the API wants it here: JSON."""
    if not text:
        return None
    parts = dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False))
    return json.dumps(parts)
