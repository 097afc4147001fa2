"""`docker pull`: an image from a registry becomes an image here.

plan.py       what to fetch: pure functions from manifests and what is here to steps
download.py   one blob on its way, shared by everybody who wants it; downloads.py, all of them
layers.py     the blobs of one image become layers while they arrive
pull.py       the whole, in order
"""
