"""What comes out of a build: an image in the store or at a registry, or files and archives that go to the client.

contract.py    what an exporter gets (BuildResult), what it is, and where the client's bytes go (Receiver)
exporters.py   which exporter a type and its attributes mean: the way in
attributes.py · annotations.py    what was asked for
write.py       a result as documents and blobs; config.py and manifests.py say what is in them
image.py · layout.py · files.py   into the store and to registries; archives; plain files
steps.py       the images of each step, for the classic API
"""
