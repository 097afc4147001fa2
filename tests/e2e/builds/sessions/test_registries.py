"""Registries that want to know who asks: the daemon asks us, and we look into config.json or ask a helper."""

import base64
import json

import pytest
from tests.peers.registry import registry

NONE = ("--network", "none")


@pytest.fixture
def locked(sessions, tmp_path):
    """A registry for alice alone, where the daemon reaches it."""
    with registry(tmp_path / "registry", users={"alice": "s3cret"}, enter=sessions.enter) as running:
        yield running.address


def config(folder, document):
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(document))
    return str(folder)


@pytest.mark.row("X12")
def test_credentials_of_config_json_and_of_a_helper(sessions, locked, tmp_path):
    auth = base64.b64encode(b"alice:s3cret").decode()
    by_file = config(tmp_path / "file", {"auths": {locked: {"auth": auth}}})
    helper = tmp_path / "docker-credential-mine"
    helper.write_text(
        f'#!/bin/sh\nread host\necho "$1 $host" >>{tmp_path}/asked\n'
        'echo \'{"Username": "alice", "Secret": "s3cret"}\'\n'
    )
    helper.chmod(0o755)
    by_helper = config(tmp_path / "helper", {"credHelpers": {locked: "mine"}})
    nobody = config(tmp_path / "nobody", {})

    folder = sessions.context("FROM busybox\nRUN echo pushed >/p\n")
    refused = sessions.command("build", "--push", "-t", f"{locked}/a:1", *NONE, str(folder), DOCKER_CONFIG=nobody)
    assert refused.code == 1
    assert "Traceback" not in refused.err
    done = sessions.command("build", "--push", "-t", f"{locked}/a:1", *NONE, str(folder), DOCKER_CONFIG=by_file)
    assert done.code == 0, done.err
    sessions.docker("rmi", "-f", f"{locked}/a:1")
    sessions.docker.result("builder", "prune", "-af")

    folder = sessions.context(f"FROM {locked}/a:1\nRUN cat /p >/q\n")
    refused = sessions.command("build", "-q", *NONE, str(folder), DOCKER_CONFIG=nobody)
    assert refused.code == 1
    assert "Dockerfile:1" in refused.err
    path = f"{tmp_path}:/usr/bin:/bin"
    done = sessions.command("build", "-q", *NONE, str(folder), DOCKER_CONFIG=by_helper, PATH=path)
    assert done.code == 0, done.err
    assert sessions.run(done.out.strip(), "cat", "/q") == "pushed"
    assert f"get {locked}\n" in (tmp_path / "asked").read_text()
