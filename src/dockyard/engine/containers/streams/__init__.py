"""Streams between clients and containers: attach. (`exec` is in `engine.execs`, logs in `engine.logs`.)"""
