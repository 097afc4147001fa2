"""The three files below /etc that say who and where a container is: pure functions that return their text.

The engine writes them into the container's directory and mounts them over the image's.
"""
