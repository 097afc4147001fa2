"""rsyslogd as it is in Debian, with all of its inputs; what it understood of a message is a JSON object a line."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.programs import program
from tests.support.certificates import Certificates
from tests.support.receivers.process import Process, free_port
from tests.support.wait import wait_until

PROPERTIES = (
    *("msg", "hostname", "programname", "procid", "msgid", "app-name", "protocol-version", "inputname"),
    *("syslogfacility-text", "syslogseverity-text"),
)
CONFIGURATION = """
global(workDirectory="{folder}" maxMessageSize="64k" localHostname="receiver" {certificates})
module(load="imudp")
module(load="imtcp" {tls})
module(load="imptcp")
module(load="imuxsock" SysSock.Use="off")
template(name="understood" type="list" option.jsonf="on") {{
{properties}
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
}}
input(type="imudp" address="127.0.0.1" port="{udp}")
input(type="imtcp" address="127.0.0.1" port="{tcp}")
input(type="imptcp" path="{folder}/stream.sock" unlink="on")
input(type="imuxsock" socket="{folder}/datagram.sock" unlink="on" useSysTimeStamp="off" rateLimit.Interval="0")
action(type="omfile" file="{folder}/messages" template="understood")
"""
CERTIFICATES = (
    'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{ca}" '
    'defaultNetstreamDriverCertFile="{cert}" defaultNetstreamDriverKeyFile="{key}"'
)
TLS = 'StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="{mode}"'


class Rsyslog:
    """A running rsyslogd in `folder`."""

    def __init__(self, folder: Path, process: Process, udp: int, tcp: int) -> None:
        self.folder = folder
        self.process = process
        self.udp = udp
        self.tcp = tcp

    def address(self, network: str) -> str:
        """What `syslog-address` is for it."""
        if network == "udp":
            return f"udp://127.0.0.1:{self.udp}"
        if network in ("tcp", "tcp+tls"):
            return f"{network}://127.0.0.1:{self.tcp}"
        return f"{network}://{self.folder}/{'stream' if network == 'unix' else 'datagram'}.sock"

    def start(self) -> None:
        """Start it again after `process.kill`."""
        self.process.start()
        self.wait()

    def wait(self) -> None:
        """Wait until it takes messages."""

        def listens() -> bool:
            assert not self.process.ended, (self.folder / "rsyslogd.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.tcp)) == 0 and (self.folder / "datagram.sock").exists()

        wait_until(listens, "rsyslogd to listen")

    def messages(self) -> list[dict[str, Any]]:
        """What it has understood so far."""
        path = self.folder / "messages"
        lines = path.read_text(errors="surrogateescape").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def texts(self) -> list[str]:
        """The texts of the messages, without the blank that stands before them in RFC 3164."""
        return [str(message["msg"]).removeprefix(" ") for message in self.messages()]


@contextmanager
def rsyslogd(folder: Path, certificates: Certificates | None = None, mode: str = "anon") -> Iterator[Rsyslog]:
    """rsyslogd in `folder`; with `certificates` its TCP is TLS."""
    found = program("rsyslogd")
    modules = next(Path(found.path).parents[2].glob("usr/lib/*/rsyslog"))
    udp, tcp = free_port(socket.SOCK_DGRAM), free_port()
    tls = files = ""
    if certificates is not None:
        server = certificates.server
        tls = TLS.format(mode=mode)
        files = CERTIFICATES.format(ca=certificates.authority, cert=server.certificate, key=server.key)
    properties = "\n".join(f'  property(outname="{name}" name="{name}" format="jsonf")' for name in PROPERTIES)
    configuration = folder / "rsyslog.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, udp=udp, tcp=tcp, tls=tls, certificates=files, properties=properties)
    )
    command = found.command("-n", "-M", str(modules), "-f", str(configuration), "-i", str(folder / "pid"))
    with Process(command, folder / "rsyslogd.log", found.environment) as process:
        receiver = Rsyslog(folder, process, udp, tcp)
        receiver.wait()
        yield receiver
