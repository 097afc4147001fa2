"""A program for test_kill: an engine's networks that are made and taken down without end, until it is killed."""

import json
import secrets
import sys
from datetime import UTC, datetime

from dockyard.network.attachment import Attachment, AttachRequest, PortRequest
from dockyard.network.config import NetworkConfig
from dockyard.network.controller import NetworkController


def main() -> None:
    root, living = sys.argv[1], [Attachment(**{**entry, "ports": ()}) for entry in json.loads(sys.argv[2])]
    config = NetworkConfig()
    controller = NetworkController(f"{root}/data", f"{root}/exec", config, clock=lambda: datetime.now(UTC))
    controller.start(living)
    controller.start_names({})
    print("ready", flush=True)
    kept: list[Attachment] = []
    while True:
        sandbox_id = secrets.token_hex(32)
        controller.create_sandbox(sandbox_id)
        ports = (PortRequest("tcp", 80), PortRequest("udp", 53))
        request = AttachRequest("c", "web", sandbox_id, secrets.token_hex(32), ports=ports, dns_names=("web",))
        kept.append(controller.attach(request))
        if len(kept) > 3:
            gone = kept.pop(0)
            controller.detach(gone)
            controller.remove_sandbox(gone.sandbox_id)


if __name__ == "__main__":
    main()
