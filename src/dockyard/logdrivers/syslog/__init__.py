"""The syslog driver: RFC 3164, RFC 5424, RFC 5425, over UDP, TCP, TLS and unix sockets."""
