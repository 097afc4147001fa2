"""Where our answers and the definition differ, each with its reason."""

UNDECLARED_STATUSES: dict[tuple[str, int], str] = {
    ("ContainerPause", 409): "Docker's, too: a paused container can't be paused again",
    ("ContainerUnpause", 409): "Docker's, too",
    ("ContainerKill", 400): "Docker's, too: there is no such signal",
    ("ImageList", 400): "Docker's, too: there is no such filter",
    ("SystemDataUsage", 400): "Docker's, too: there is no such type",
    ("VolumeUpdate", 503): "Docker's, too: only volumes of a swarm can be updated",
}

_OTHERS = "Additional properties are not allowed"
UNDECLARED_FIELDS: dict[str, tuple[str, ...]] = {
    # null says "not given", and "not yet": Docker's, too
    "ContainerInspect": ('.HostConfig.MemorySwappiness: null is not of type "integer"',),
    "ExecInspect": ('.ExitCode: null is not of type "integer"',),
    # no longer documented, and still shown by Docker where there is one
    "ImageInspect": (f".: {_OTHERS} ('Parent' was unexpected)",),
    # who doesn't ask for `verbose` gets the lists of 1.51 with it
    "SystemDataUsage": (f".: {_OTHERS} (",),
}
"""How `violations` says them, from the beginning."""

UNSEEN: dict[str, tuple[str, ...]] = {
    "of a store of several platforms (containerd's), which this store isn't": (
        "ContainerInspect .ImageManifestDescriptor",
        "ContainerInspect .Storage",
        "ContainerList [].ImageManifestDescriptor",
        "ImageInspect .Descriptor",
        "ImageInspect .Identity",
        "ImageInspect .Manifests",
        "ImageList [].Descriptor",
        "ImageList [].Manifests",
    ),
    "of Windows": (
        "ContainerInspect .Config.ArgsEscaped",
        "ContainerStats .memory_stats.commitbytes",
        "ContainerStats .memory_stats.commitpeakbytes",
        "ContainerStats .memory_stats.privateworkingset",
        "ContainerStats .networks.*.endpoint_id",
        "ContainerStats .networks.*.instance_id",
        "ContainerStats .storage_stats",
        "ImageInspect .Config.ArgsEscaped",
        "ImageInspect .OsVersion",
    ),
    "of another machine's processor": ("ImageInspect .Variant",),
    "of a swarm": (
        "NetworkInspect .Peers",
        "NetworkInspect .Services",
        "NetworkList [].Peers",
        "SystemInfo .GenericResources[]",
        "SystemInfo .Swarm.Cluster",
        "SystemInfo .Swarm.Managers",
        "SystemInfo .Swarm.Nodes",
        "SystemInfo .Swarm.RemoteManagers[]",
        "VolumeCreate .ClusterVolume",
        "VolumeInspect .ClusterVolume",
        "VolumeList .Volumes[].ClusterVolume",
    ),
    "of volume plugins; and sizes are told by `system df` alone": (
        "VolumeCreate .Status",
        "VolumeCreate .UsageData",
        "VolumeInspect .Status",
        "VolumeInspect .UsageData",
        "VolumeList .Volumes[].Status",
        "VolumeList .Volumes[].UsageData",
    ),
    "of what Dockyard doesn't have: containerd, NRI, CDI, licences, firewalld": (
        "SystemInfo .Containerd",
        "SystemInfo .DiscoveredDevices",
        "SystemInfo .FirewallBackend.Info",
        "SystemInfo .NRI",
        "SystemInfo .ProductLicense",
    ),
    "only with a flag of the daemon": (
        "SystemInfo .DefaultAddressPools",
        "SystemInfo .Runtimes.*.runtimeArgs",
        "SystemVersion .Experimental",
    ),
    "only with devices that not every machine has; tests of limits ask for them": (
        "ContainerInspect .HostConfig.BlkioDeviceReadBps[]",
        "ContainerInspect .HostConfig.BlkioDeviceReadIOps[]",
        "ContainerInspect .HostConfig.BlkioDeviceWriteBps[]",
        "ContainerInspect .HostConfig.BlkioDeviceWriteIOps[]",
        "ContainerInspect .HostConfig.BlkioWeightDevice[]",
        "ContainerInspect .HostConfig.DeviceRequests[]",
    ),
    "only with requests that contradict others of this walk, or that are refused": (
        "ContainerInspect .Config.NetworkDisabled",
        "ContainerInspect .HostConfig.Mounts[].BindOptions.CreateMountpoint",
        "ContainerInspect .HostConfig.Mounts[].BindOptions.NonRecursive",
        "ContainerInspect .HostConfig.Mounts[].BindOptions.ReadOnlyForceRecursive",
        "ContainerInspect .HostConfig.Mounts[].BindOptions.ReadOnlyNonRecursive",
        "ContainerInspect .HostConfig.Mounts[].Consistency",
        "ContainerInspect .HostConfig.Mounts[].ImageOptions",
        "ContainerInspect .HostConfig.Mounts[].TmpfsOptions.Options",
        "ContainerInspect .HostConfig.Mounts[].VolumeOptions.DriverConfig.Options",
        "ContainerInspect .HostConfig.Mounts[].VolumeOptions.Subpath",
        "ContainerInspect .HostConfig.StorageOpt",
        "ContainerWait .Error",
    ),
    "of networks that the user defines": (
        "ContainerInspect .NetworkSettings.Networks.*.IPAMConfig.",
        "ContainerList [].NetworkSettings.Networks.*.IPAMConfig.",
        "NetworkInspect .IPAM.Config[].AuxiliaryAddresses",
        "NetworkInspect .IPAM.Config[].IPRange",
        "NetworkList [].IPAM.Config[].AuxiliaryAddresses",
        "NetworkList [].IPAM.Config[].IPRange",
    ),
}
"""Fields of answers (2xx) that this walk doesn't make us show, by reason; with all that is beneath them."""

NOW_AND_THEN = (
    "ContainerStats .blkio_stats.",
    "ContainerStats .memory_stats.failcnt",
    "ImageDelete [].Deleted",
)
"""Fields that depend on the kernel's cache, or on other tests' images."""
