"""Everything that Dockyard keeps: blobs, layers, images, references, volumes, and the database that says what is what.

content ► layers (► graphdriver) ► images (► references) ; archive: load, save, import, export ; volumes
"""
