"""What the firewall tells nftables, and how it mends; with a recording nftables of the test's own."""

from dataclasses import replace

import pytest

from dockyard.errors import SystemFailure
from dockyard.network.attachment import Attachment, PublishedPort
from dockyard.network.firewall.rules import BridgeRules, FamilyRules, replace_tables
from dockyard.network.firewall.table import FirewallTable

RULES = BridgeRules("docker0", FamilyRules("172.17.0.0/16"))


class Recorder:
    """Remembers the commands; refuses those that begin with a word that the test gives."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.refused = ""

    def run(self, commands: str) -> str:
        if self.refused and commands.startswith(self.refused):
            raise SystemFailure("nftables: No such file or directory")
        self.commands.append(commands)
        return ""

    def close(self) -> None:
        pass


@pytest.fixture
def nftables() -> Recorder:
    return Recorder()


@pytest.fixture
def table(nftables: Recorder) -> FirewallTable:
    return FirewallTable(nftables, RULES)


def endpoint(*ports: PublishedPort, name: str = "e") -> Attachment:
    return Attachment("c", "web", "s", name, "bridge", "n", "bridge", ipv4="172.17.0.2", ports=ports)


def test_publish_and_withdraw(table: FirewallTable, nftables: Recorder) -> None:
    attachment = endpoint(PublishedPort("tcp", 80, "0.0.0.0", 8080), PublishedPort("tcp", 53, "127.0.0.1", 5353))
    table.publish(attachment)
    table.withdraw(attachment)
    table.withdraw(attachment)
    any_, at = (
        "published_any { tcp . 8080 : 172.17.0.2 . 80 }",
        "published_at { 127.0.0.1 . tcp . 5353 : 172.17.0.2 . 53 }",
    )
    assert nftables.commands == [
        f"add element ip dockyard-docker0 {any_}\nadd element ip dockyard-docker0 {at}\n",
        f"delete element ip dockyard-docker0 {any_}\ndelete element ip dockyard-docker0 {at}\n",
    ]


def test_without_ports_nothing_is_said(table: FirewallTable, nftables: Recorder) -> None:
    table.publish(endpoint())
    table.withdraw(endpoint())
    table.publish(endpoint(PublishedPort("tcp", 80, "::1", 8080)))
    assert nftables.commands == []


def test_a_lost_table_is_made_anew_with_everything(table: FirewallTable, nftables: Recorder) -> None:
    table.publish(endpoint(PublishedPort("tcp", 80, "0.0.0.0", 1), name="first"))
    nftables.refused = "add element"
    table.publish(endpoint(PublishedPort("tcp", 80, "0.0.0.0", 2), name="second"))
    (whole,) = (commands for commands in nftables.commands if commands.startswith("add table ip "))
    assert whole.startswith(
        "add table ip dockyard-docker0\ndelete table ip dockyard-docker0\ntable ip dockyard-docker0 {"
    )
    assert "{ tcp . 1 : 172.17.0.2 . 80 }" in whole
    assert "{ tcp . 2 : 172.17.0.2 . 80 }" in whole


def test_what_cannot_be_published_is_forgotten(table: FirewallTable, nftables: Recorder) -> None:
    nftables.refused = "add"
    with pytest.raises(SystemFailure):
        table.publish(endpoint(PublishedPort("tcp", 80, "0.0.0.0", 1)))
    nftables.refused = ""
    table.reassert()
    assert not any("172.17.0.2" in commands for commands in nftables.commands)


def test_options() -> None:
    assert "masquerade" in replace_tables(RULES, [])
    without = replace_tables(replace(RULES, icc=False, masquerade=False), [])
    assert 'oifname != "docker0" ip saddr 172.17.0.0/16 masquerade' not in without
    assert 'iifname "docker0" accept' not in without
    assert 'iifname "docker0" accept' in replace_tables(RULES, [])


def test_looking_after_what_is_there_changes_nothing(table: FirewallTable, nftables: Recorder) -> None:
    """Engines of one host hear of each other's changes: two that changed something each time would never rest."""
    table.reassert()
    nftables.commands.clear()
    table.mend()
    assert nftables.commands
    assert all(command.startswith("list ") for command in nftables.commands), nftables.commands
