"""What `-v`, `--mount` and `--tmpfs` mean."""

import pytest

from dockyard.engine.containers.config import BindOptions, Config, HostConfig, Mount, TmpfsOptions, VolumeOptions
from dockyard.engine.containers.mount_requests import from_mount, parse_bind, requested_mounts
from dockyard.errors import InvalidParameter


@pytest.mark.parametrize(
    ("bind", "type_", "source", "destination", "readonly", "propagation"),
    [
        ("/data", "volume", "", "/data", False, ""),
        ("name:/data", "volume", "name", "/data", False, ""),
        ("/host:/data", "bind", "/host", "/data", False, ""),
        ("/host/../x:/data/./y", "bind", "/x", "/data/y", False, ""),
        ("/host:/data:ro", "bind", "/host", "/data", True, ""),
        ("/host:/data:ro,rshared", "bind", "/host", "/data", True, "rshared"),
        ("name:/data:ro,Z", "volume", "name", "/data", True, ""),
        ("/data:ro", "volume", "", "/data", True, ""),
    ],
)
def test_binds(bind, type_, source, destination, readonly, propagation):
    request = parse_bind(bind)
    assert (request.type, request.source, request.destination) == (type_, source, destination)
    assert (request.readonly, request.propagation) == (readonly, propagation)


@pytest.mark.parametrize(
    "bind",
    [
        "",
        ":",
        "a:b:c:d",
        "/x:",
        ":/x",
        "/host:/",
        "/host:relative",
        "/h:/d:what",
        "/h:/d:",
        "/h:/d:ro,rw",
        "n:/d:rshared",
    ],
)
def test_malformed_binds_are_refused(bind):
    with pytest.raises(InvalidParameter):
        parse_bind(bind)


def test_a_bind_makes_its_source_and_a_mount_does_not():
    assert parse_bind("/h:/d").create_source
    assert not from_mount(Mount(type="bind", source="/h", target="/d")).create_source
    options = BindOptions(create_mountpoint=True)
    assert from_mount(Mount(type="bind", source="/h", target="/d", bind_options=options)).create_source


@pytest.mark.parametrize(
    "mount",
    [
        Mount(type="bind", target="/d"),
        Mount(type="bind", source="relative", target="/d"),
        Mount(type="bind", source="/h", target="d"),
        Mount(type="tmpfs", source="/h", target="/d"),
        Mount(type="volume", source="v", target="/d", bind_options=BindOptions()),
        Mount(type="bind", source="/h", target="/d", tmpfs_options=TmpfsOptions()),
        Mount(type="bind", source="/h", target="/d", bind_options=BindOptions(propagation="odd")),
        Mount(type="odd", target="/d"),
        Mount(target="/d"),
    ],
)
def test_contradictory_mounts_are_refused(mount):
    with pytest.raises(InvalidParameter):
        from_mount(mount)


def test_image_volumes_give_way_to_the_user():
    config = Config(volumes={"/data": {}, "/other": {}})
    requests = requested_mounts(config, HostConfig(binds=("/h:/data",)))
    assert {(one.type, one.destination) for one in requests} == {("bind", "/data"), ("volume", "/other")}


def test_two_mounts_at_one_place_collide():
    with pytest.raises(InvalidParameter, match="Duplicate mount point: /d"):
        requested_mounts(Config(), HostConfig(binds=("/h:/d",), tmpfs={"/d": ""}))


def test_tmpfs_options_become_mount_options():
    request = from_mount(Mount(type="tmpfs", target="/t", tmpfs_options=TmpfsOptions(size_bytes=4096, mode=0o1770)))
    assert request.options == ("mode=1770", "size=4096")


def test_nocopy_is_kept():
    assert not parse_bind("v:/d:nocopy").copy_up
    assert not from_mount(Mount(type="volume", target="/d", volume_options=VolumeOptions(no_copy=True))).copy_up


@pytest.mark.parametrize(("options", "name"), [("nope=1", "nope"), ("size", "size"), ("ro=1", "ro"), ("odd", "odd")])
def test_unknown_tmpfs_options(options, name):
    with pytest.raises(InvalidParameter, match=f'invalid tmpfs option "{name}"'):
        requested_mounts(Config(), HostConfig(tmpfs={"/t": options}))


def test_the_root_is_no_destination():
    with pytest.raises(InvalidParameter) as caught:
        requested_mounts(Config(), HostConfig(binds=("v1:/",)))
    assert str(caught.value) == (
        "invalid volume specification: 'v1:/': invalid mount config for type \"volume\": "
        "invalid specification: destination can't be '/'"
    )


def test_read_only_binds_of_old_clients_leave_alone_what_is_mounted_below():
    host = HostConfig(binds=("/h:/d:ro", "v:/v:ro"))
    assert [mount.readonly_recursive for mount in requested_mounts(Config(), host)] == [True, True]
    old = requested_mounts(Config(), host, binds_recursive=False)
    assert [(mount.readonly, mount.readonly_recursive) for mount in old] == [(True, False), (True, True)]
