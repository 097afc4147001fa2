"""The verbs that change a container: one file each. Each takes the container's lock for as long as it changes it.

The state machine is `containers.state`; what a verb does is told in its file from top to bottom.
"""
