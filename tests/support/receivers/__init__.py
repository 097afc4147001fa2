"""Receivers of log drivers: the real ones where Debian or npm has them, else servers that hold to the protocol.

rsyslog.py    rsyslogd, over UDP, TCP, TLS and unix sockets        journald.py   systemd-journald, in its own /run
fluentd.py    the forward server of fluentd's library for node      gelf.py, splunk.py   of the tests
"""
