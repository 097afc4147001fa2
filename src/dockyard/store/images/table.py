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
    # What a registry had: the bytes are blobs of the content store, so that a push can send them again.
    """
    CREATE TABLE image_manifests (
        digest TEXT PRIMARY KEY,
        media_type TEXT NOT NULL,
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE
    ) STRICT;
    CREATE INDEX manifests_by_image ON image_manifests (image_id);
    CREATE TABLE image_indexes (
        digest TEXT NOT NULL,
        media_type TEXT NOT NULL,
        manifest TEXT NOT NULL REFERENCES image_manifests (digest) ON DELETE CASCADE,
        PRIMARY KEY (digest, manifest)
    ) STRICT;
    CREATE INDEX indexes_by_manifest ON image_indexes (manifest);
    """,
    # What belongs to an image's index beside images: attestation manifests, with their blobs.
    """
    CREATE TABLE image_companions (
        digest TEXT NOT NULL,
        media_type TEXT NOT NULL,
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        PRIMARY KEY (digest, image_id)
    ) STRICT;
    """,
    # What refers to an image's manifest or index, signatures above all; their bytes are companions.
    """
    CREATE TABLE image_referrers (
        digest TEXT NOT NULL,
        subject TEXT NOT NULL,
        tag TEXT NOT NULL,
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        PRIMARY KEY (digest, subject, tag, image_id)
    ) STRICT;
    """,
)
