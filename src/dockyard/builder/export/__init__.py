"""What comes out of a build: an image in the store or at a registry, or files and archives that go to the client.

contract.py    what an exporter gets (BuildResult), what it is, and where the client's bytes go (Receiver)
steps.py       the images of each step, for the classic API
"""
