"""The gelf driver: Graylog Extended Log Format 1.1, over UDP and TCP."""
