"""What `dockyard build` refuses before it asks a daemon: nothing is silently ignored."""

import pytest

from dockyard.cli.main import main


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No daemon, no agent, no configuration."""
    for name in ("SSH_AUTH_SOCK", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "BUILDKIT_PROGRESS", "DOCKER_BUILDKIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM busybox\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--secret", "src=x"], "secret missing ID"),
        (["--secret", "id=a,src=/nonexistent"], "failed to stat /nonexistent"),
        (["--ssh", "default"], "SSH_AUTH_SOCK"),
        (["--ssh", "default=/nonexistent"], "stat /nonexistent"),
        (["--ssh", "a=/etc/passwd", "--ssh", "a=/etc/passwd"], "a"),
        (["--squash"], "classic builder"),
        (["--memory", "1g"], "classic builder"),
        (["--builder", "other"], 'no builder "other" found'),
        (["--progress", "nonsense"], "invalid progress mode nonsense"),
        (["--progress", "tty"], "not a console"),
        (["-q", "--progress", "plain"], "cannot be used together"),
        (["--output", "type=nonsense"], "nonsense"),
        (["--output", "dest=x"], "type is required"),
        (["--output", "type=local,dest=x", "--iidfile", "y"], "incompatible with image ID file"),
        (["--output", "type=local,dest=Dockerfile"], "is a file"),
        (["--push"], "tag is needed"),
        (["-t", "NOT A TAG"], "invalid tag"),
        (["--build-context", "x"], "expected key=value"),
        (["--build-context", "x=/nonexistent"], "/nonexistent"),
        (["--attest", "mode=max"], "attestation type not specified"),
        (["--cache-to", "dest=x"], "type required"),
        (["--cache-to", "type=local"], "requires dest"),
        (["--add-host", "x"], "nobody.sock"),
        (["-f", "missing/Dockerfile"], "failed to read dockerfile"),
        ([], "nobody.sock"),
    ],
)
def test_what_cannot_be_done(arguments, text, capfd):
    assert main(["build", *arguments, "."]) == 1
    told = capfd.readouterr()
    assert told.out == ""
    assert text in told.err
    assert "Traceback" not in told.err


def test_the_classic_builder(monkeypatch, capfd):
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    assert main(["build", "."]) == 1
    assert "BuildKit only" in capfd.readouterr().err


def test_contexts_that_are_not_there(capfd):
    assert main(["build", "/nonexistent"]) == 1
    assert capfd.readouterr().err == (
        'ERROR: failed to build: unable to prepare context: path "/nonexistent" not found\n'
    )
    assert main(["build"]) == 1
    assert "requires 1 argument" in capfd.readouterr().err
    assert main(["build", "--nonsense", "."]) == 125
