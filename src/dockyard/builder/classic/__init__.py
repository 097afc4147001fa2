"""Docker's classic builder, as its clients see it: a stream of text, and an image for each step.

The graph is solved as fast as it allows; what is told follows the order of the Dockerfile (`transcript.py`), and so do
the images of each step (`images.py`), so that after a failure the last good one is there to be looked into.
"""
