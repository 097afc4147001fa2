"""The sinks by the names of their drivers, each imported when it is needed."""

from dockyard.logdrivers.contract import Options, Sink, Subject


def make_sink(driver: str, options: Options, subject: Subject) -> Sink:
    """The sink of a driver that sends; KeyError for any other. InvalidParameter for options without meaning."""
    return _MAKERS[driver](options, subject)


def _syslog(options: Options, subject: Subject) -> Sink:
    from dockyard.logdrivers.syslog.sink import SyslogSink

    return SyslogSink(options, subject)


def _gelf(options: Options, subject: Subject) -> Sink:
    from dockyard.logdrivers.gelf.sink import GelfSink

    return GelfSink(options, subject)


def _journald(options: Options, subject: Subject) -> Sink:
    from dockyard.logdrivers.journald.sink import JournaldSink

    return JournaldSink(options, subject)


def _fluentd(options: Options, subject: Subject) -> Sink:
    from dockyard.logdrivers.fluentd.sink import FluentdSink

    return FluentdSink(options, subject)


def _splunk(options: Options, subject: Subject) -> Sink:
    from dockyard.logdrivers.splunk.sink import SplunkSink

    return SplunkSink(options, subject)


_MAKERS = {"fluentd": _fluentd, "gelf": _gelf, "journald": _journald, "splunk": _splunk, "syslog": _syslog}
