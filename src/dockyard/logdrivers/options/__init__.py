"""The options of each driver: a file each, with a frozen value of what they mean."""
