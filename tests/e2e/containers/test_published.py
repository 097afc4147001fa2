"""The seed of a real machine: `docker run -itd -p 80:80 -p 6022:22 image`, with the image already there."""

import re

import pytest
from tests.e2e.network.test_ports import free_port
from tests.support.client import Docker


@pytest.mark.row("B1", "B2")
def test_a_detached_terminal_with_two_ports(docker: Docker) -> None:
    web, ssh = free_port(), free_port()
    container = docker("run", "-itd", "-p", f"{web}:80", "-p", f"{ssh}:22", "busybox")
    assert re.fullmatch("[0-9a-f]{64}", container)
    shown = docker("ps", "--format", "{{.Ports}}")
    assert f"0.0.0.0:{ssh}->22/tcp" in shown
    assert f"0.0.0.0:{web}->80/tcp" in shown
    assert docker.field(container, "{{.Config.Tty}} {{.Config.OpenStdin}} {{.State.Running}}") == "true true true"
    assert docker("exec", container, "ps", "-o", "tty,args").splitlines()[1].split() == ["136,0", "sh"]
