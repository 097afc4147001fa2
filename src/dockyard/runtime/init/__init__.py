"""What runs in the container's process between the fork and execve.

`first_process` is the order of it all for a new container, `joining_process` for one that is exec'd into it; the other
modules are its steps. Nothing here may import at call time or start a thread: the process is a fork.
"""
