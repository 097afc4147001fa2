"""Tables of images and of their names."""

from typing import Final

IMAGE_MIGRATIONS: Final = (
    """
    CREATE TABLE images (
        id TEXT PRIMARY KEY,
        parent TEXT,
        built_locally INTEGER NOT NULL DEFAULT 0,
        last_tag_time TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE image_references (
        reference TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE
    ) STRICT;
    CREATE INDEX references_by_image ON image_references (image_id);
    CREATE INDEX references_by_name ON image_references (name);
    """,
)
