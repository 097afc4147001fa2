"""`docker push`: an image that is here goes to a registry.

plan.py     which manifest to send: the very bytes that the image came with, or a new one; pure functions
blobs.py    a layer's blob as a file: kept as it came, or compressed now
upload.py   one layer on its way: there already, mounted from another repository, or sent
image.py    an image, or all of an index; candidates.py, what can be sent as it came
parcel.py   manifests with what is below them, that have no name here: what builds export
push.py     the whole, in order
"""
