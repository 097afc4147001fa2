"""Trees of files to copy from: layers or a directory on disk, or an archive that was never unpacked.

contract.py   what both can do
layers.py     a view of directories
archive.py    a tar file and an index of it
joined.py     several trees as one, for results that go to the client
pack.py       a tree as an archive
"""

from dockyard.builder.files.contract import FileReader, Files, Status
from dockyard.builder.files.layers import LayerFiles

__all__ = ["FileReader", "Files", "LayerFiles", "Status"]
