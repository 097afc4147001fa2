"""A name server for tests, in the namespace of the thread that makes it: answers as it is told, by UDP and TCP."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset

Behaviour = Callable[[dns.message.Message, bool], list[bytes]]
"""Is given the question and whether it came by TCP; the packets to send back."""


def says(address: str) -> Behaviour:
    """Any name has that address."""

    def answer(query: dns.message.Message, tcp: bool) -> list[bytes]:
        response = dns.message.make_response(query)
        name = query.question[0].name
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", address))
        return [response.to_wire()]

    return answer


def refuses(rcode: dns.rcode.Rcode) -> Behaviour:
    """Any question has that outcome."""

    def answer(query: dns.message.Message, tcp: bool) -> list[bytes]:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return [response.to_wire()]

    return answer


def is_silent(query: dns.message.Message, tcp: bool) -> list[bytes]:
    """No answer."""
    return []


def cuts(address: str, number: int) -> Behaviour:
    """By UDP nothing but "ask by TCP", where there are so many addresses."""

    def answer(query: dns.message.Message, tcp: bool) -> list[bytes]:
        response = dns.message.make_response(query)
        if tcp:
            addresses = [f"{address}.{last}" for last in range(1, number + 1)]
            name = query.question[0].name
            response.answer.append(dns.rrset.from_text_list(name, 60, "IN", "A", addresses))
        else:
            response.flags |= dns.flags.TC
        return [response.to_wire()]

    return answer


class NameServer:
    """Serves until closed; keeps what it was asked."""

    def __init__(self, address: str, behaviour: Behaviour, delay_seconds: float = 0.0) -> None:
        self.behaviour = behaviour
        self.delay_seconds = delay_seconds
        self.asked: list[tuple[str, int, int]] = []
        """Name, id and source port of each question."""
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = socket.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind((address, 53))
        self._tcp.listen()
        for work in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        for server in (self._udp, self._tcp):
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()

    def _serve_udp(self) -> None:
        with suppress(OSError):
            while True:
                wire, client = self._udp.recvfrom(65535)
                if not wire:  # shut down
                    return
                for packet in self._answers(wire, client, tcp=False):
                    self._udp.sendto(packet, client)

    def _serve_tcp(self) -> None:
        with suppress(OSError):
            while True:
                connection, client = self._tcp.accept()
                with connection, suppress(OSError, EOFError):
                    query, _ = dns.query.receive_tcp(connection)
                    for packet in self._answers(query.to_wire(), client, tcp=True):
                        connection.sendall(len(packet).to_bytes(2, "big") + packet)

    def _answers(self, wire: bytes, client: tuple[str, int], *, tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        self.asked.append((query.question[0].name.to_text(omit_final_dot=True), query.id, client[1]))
        time.sleep(self.delay_seconds)
        return self.behaviour(query, tcp)
