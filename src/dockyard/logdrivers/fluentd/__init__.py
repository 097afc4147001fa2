"""The fluentd driver: the forward protocol, over TCP, TLS and unix sockets."""
