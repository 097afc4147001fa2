"""A volume plugin as another project would write one: Docker's plugin protocol on a unix socket, directories in a
folder. Run as a program: `volume_plugin.py SOCKET FOLDER`. It writes each call as a line of JSON to FOLDER/calls.

https://docs.docker.com/engine/extend/plugins_volume/
"""

import http.server
import json
import os
import shutil
import socketserver
import sys
from typing import Any


class Volumes:
    """Volumes below a folder; what is mounted by whom is kept in files, so that a killed plugin goes on."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def answer(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the protocol wants for `call`."""
        with open(f"{self.folder}/calls", "a", encoding="utf-8") as file:
            file.write(json.dumps([call, body]) + "\n")
        if call == "Plugin.Activate":
            return {"Implements": ["VolumeDriver"]}
        if call == "VolumeDriver.Capabilities":
            return {"Capabilities": {"Scope": "global"}}
        if call == "VolumeDriver.List":
            return {"Volumes": [{"Name": name, "Mountpoint": ""} for name in self.names()], "Err": ""}
        return getattr(self, call.removeprefix("VolumeDriver.").lower())(body["Name"], body)

    def names(self) -> list[str]:
        return sorted(name for name in os.listdir(self.folder) if os.path.isdir(f"{self.folder}/{name}"))

    def create(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if "refuse" in (body.get("Opts") or {}):
            return {"Err": f"refused: {body['Opts']['refuse']}"}
        os.makedirs(f"{self.folder}/{name}", exist_ok=True)
        return {"Err": ""}

    def get(self, name: str, _body: dict[str, Any]) -> dict[str, Any]:
        if name not in self.names():
            return {"Err": f"no volume {name}"}
        return {
            "Volume": {"Name": name, "Mountpoint": f"{self.folder}/{name}", "Status": {"made-by": "test"}},
            "Err": "",
        }

    def mount(self, name: str, _body: dict[str, Any]) -> dict[str, Any]:
        return {"Mountpoint": f"{self.folder}/{name}", "Err": ""}

    def unmount(self, _name: str, _body: dict[str, Any]) -> dict[str, Any]:
        return {"Err": ""}

    def remove(self, name: str, _body: dict[str, Any]) -> dict[str, Any]:
        shutil.rmtree(f"{self.folder}/{name}")
        return {"Err": ""}


class Handler(http.server.BaseHTTPRequestHandler):
    volumes: Volumes

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"{}")
        answer = json.dumps(self.volumes.answer(self.path.removeprefix("/"), body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.2+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self) -> str:
        return "engine"

    def log_message(self, *_: object) -> None: ...


def main() -> None:
    """Serve until killed."""
    socket, folder = sys.argv[1:]
    Handler.volumes = Volumes(folder)
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(socket):
        os.unlink(socket)
    with socketserver.ThreadingUnixStreamServer(socket, Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
