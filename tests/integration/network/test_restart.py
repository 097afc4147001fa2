"""The daemon dies and comes back; others break things under it; several engines share a host."""

import os
import socket
from collections.abc import Callable
from functools import partial

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import HOST_ADDRESS, SimulatedHost, connect_tcp, listen_tcp, nft
from tests.integration.network.test_published_ports import talk
from tests.support.companion import companion_pid, kill_companion

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import PortRequest

pytestmark = pytest.mark.root

WEB = PortRequest("tcp", 80, "", 8080, 8080)


def kill(engine: OneEngine) -> None:
    """What is left of a daemon after SIGKILL: nothing of the process, everything of the kernel."""
    controller = engine.controller
    controller._companion.close()
    controller._held.close()
    controller._sandboxes.close()
    controller._watch.close()


def delete_link(host: SimulatedHost, name: str) -> None:
    def run() -> None:
        rtnl = NetlinkSocket()
        rtnl.transact(link.delete(socket.if_nametoindex(name)))
        rtnl.close()

    host.run(run)


def test_a_living_container_keeps_serving_while_the_daemon_is_dead(engine: OneEngine, host: SimulatedHost) -> None:
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    kill(engine)
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)


def connect_v6(port: int) -> socket.socket:
    return socket.create_connection(("::1", port), timeout=3)


def test_ports_stay_reserved_and_served_by_ipv6_while_the_daemon_is_dead(
    engine: OneEngine, host: SimulatedHost, wait_until
) -> None:
    path, attachment = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    wait_until(lambda: companion_pid(engine.root / "exec") is not None)
    talk(host.run(connect_v6, 8080), listener)  # waits in the daemon's socket until the companion has it
    wait_until(lambda: not engine.controller._held._own)
    kill(engine)
    talk(host.run(connect_v6, 8080), listener)
    with pytest.raises(OSError, match="Address already in use"):
        host.run(listen_tcp, 8080)
    pid = companion_pid(engine.root / "exec")
    engine.start((attachment,))
    assert companion_pid(engine.root / "exec") == pid
    talk(host.run(connect_v6, 8080), listener)
    engine.end(attachment)
    host.run(listen_tcp, 8080).close()


def test_a_killed_companion_is_replaced_and_holds_the_ports(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    wait_until(lambda: companion_pid(engine.root / "exec") is not None)
    talk(host.run(connect_v6, 8080), listener)
    kill_companion(engine.root / "exec")
    wait_until(lambda: companion_pid(engine.root / "exec") is not None)

    def is_served() -> bool:
        try:
            talk(host.run(connect_v6, 8080), listener)
        except OSError:
            return False
        return True

    wait_until(is_served)


def test_restart_restores_addresses_and_ports(engine: OneEngine, host: SimulatedHost) -> None:
    path, attachment = engine.container(WEB)
    networks = [network.id for network in engine.call(engine.controller.networks)]
    listener = host.inside(path, partial(listen_tcp, 80))
    living = host.outside(partial(connect_tcp, HOST_ADDRESS, 8080))
    kill(engine)
    engine.start((attachment,))
    assert [network.id for network in engine.call(engine.controller.networks)] == networks
    talk(living, listener)
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    with pytest.raises(SystemFailure, match="port is already allocated"):
        engine.container(WEB, name="second")
    assert engine.container()[1].ipv4 == "172.17.0.3"
    engine.end(attachment)
    assert engine.container(WEB)[1].ipv4 == "172.17.0.2"


def test_restart_drops_what_belongs_to_nobody(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    _, attachment = engine.container(WEB)
    orphan_path, orphan = engine.container(PortRequest("tcp", 80, "", 8081, 8081))
    half_made = engine.call(engine.controller.create_sandbox, "a" * 64)
    # Something holds the orphan's namespace, so that its link doesn't go by itself.
    held = host.run(os.open, orphan_path, os.O_RDONLY)
    kill(engine)
    engine.start((attachment,))
    assert not os.path.exists(orphan_path)
    assert not os.path.exists(half_made)
    wait_until(lambda: orphan.host_interface not in host.links())
    os.close(held)
    assert attachment.host_interface in host.links()
    assert "8081" not in nft(host, "list map ip dockyard-docker0 published_any")
    assert engine.container(PortRequest("tcp", 80, "", 8081, 8081))[1].ipv4 == "172.17.0.3"


def test_a_port_that_somebody_took_meanwhile_is_reported_and_still_serves(
    engine: OneEngine, host: SimulatedHost, caplog: pytest.LogCaptureFixture, wait_until
) -> None:
    path, attachment = engine.container(WEB)
    wait_until(lambda: engine.controller._companion.is_connected and not engine.controller._held._own)
    kill(engine)
    kill_companion(engine.root / "exec")
    thieves: list[socket.socket] = []

    def steal() -> bool:
        try:
            thieves.append(host.run(listen_tcp, 8080))
        except OSError:  # a socket on its way between two killed processes is closed a moment later
            return False
        return True

    wait_until(steal)
    engine.start((attachment,))
    assert "published port 0.0.0.0:8080/tcp can't be reserved again" in caplog.text
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    thieves[0].close()


@pytest.mark.parametrize("damage", ["flush ruleset", "delete table ip {table}", "flush table ip {table}"])
def test_rules_come_back(engine: OneEngine, host: SimulatedHost, damage: str, wait_until) -> None:
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    before = nft(host, "list ruleset")
    nft(host, damage.format(table="dockyard-docker0"))
    wait_until(lambda: nft(host, "list ruleset") == before)
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)


def test_rules_come_back_on_demand(engine: OneEngine, host: SimulatedHost) -> None:
    engine.container(WEB)
    before = nft(host, "list ruleset")
    nft(host, "flush ruleset")
    engine.call(engine.controller.reassert)
    assert nft(host, "list ruleset") == before


def test_the_bridge_comes_back(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    path, attachment = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    delete_link(host, "docker0")
    wait_until(lambda: "docker0" in host.links())
    wait_until(lambda: host.links()[attachment.host_interface].master == host.links()["docker0"].link_index)
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    other, _ = engine.container(name="other")
    talk(host.inside(other, partial(connect_tcp, "172.17.0.1", 8080)), listener)


def test_engines_side_by_side(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    first, second = make_engine("a"), make_engine("b")
    assert (first.info.name, first.info.subnet) == ("docker0", "172.17.0.0/16")
    assert (second.info.name, second.info.subnet) == ("dockyard0", "172.18.0.0/16")
    path, _ = first.container(WEB)
    other, _ = second.container(PortRequest("tcp", 80, "", 8081, 8081))
    with pytest.raises(SystemFailure, match="address already in use"):
        second.container(WEB)
    listener, other_listener = (host.inside(each, partial(listen_tcp, 80)) for each in (path, other))
    for port, server in ((8080, listener), (8081, other_listener)):
        talk(host.outside(partial(connect_tcp, HOST_ADDRESS, port)), server)
        talk(host.run(connect_tcp, "127.0.0.1", port), server)
        talk(host.inside(path, partial(connect_tcp, HOST_ADDRESS, port)), server)
    with pytest.raises(OSError):  # not through the bridges, only through what is published
        host.inside(path, partial(connect_tcp, "172.18.0.2", 80, timeout_seconds=0.5))
    kill(second)
    second.start(())
    assert second.info.name == "dockyard0"
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)


def test_a_bridge_of_somebody_else_is_left_alone(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    def make_foreign_bridge() -> None:
        rtnl = NetlinkSocket()
        rtnl.transact(link.add_bridge("docker0", "02:42:00:00:00:01", 1500))
        rtnl.close()

    host.run(make_foreign_bridge)
    engine = make_engine("a")
    assert engine.info.name == "dockyard0"
    engine.close()
    assert "docker0" in host.links()
    assert "dockyard0" not in host.links()
    engine.start(())


def test_a_leftover_bridge_of_a_removed_data_root_is_taken_over(
    make_engine: Callable[..., OneEngine], tmp_path
) -> None:
    gone = make_engine("a")
    kill(gone)
    os.rename(tmp_path / "a", tmp_path / "elsewhere")
    assert make_engine("b").info.name == "docker0"
    os.rename(tmp_path / "elsewhere", tmp_path / "a")


def test_nothing_is_left_after_the_last_container(engine: OneEngine, host: SimulatedHost) -> None:
    _, attachment = engine.container(WEB)
    engine.end(attachment)
    engine.close()
    assert set(host.links()) <= {"lo", "uplink", attachment.host_interface, "ifb0", "ifb1"}
    assert nft(host, "list ruleset") == ""
    assert os.listdir(engine.root / "exec" / "netns") == []
    engine.start(())
