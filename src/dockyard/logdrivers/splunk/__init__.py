"""The splunk driver: events for Splunk's HTTP Event Collector."""
