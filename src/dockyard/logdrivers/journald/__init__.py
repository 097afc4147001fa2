"""The journald driver: entries of systemd's journal, by its native protocol."""
