"""The graph of a build as BuildKit has it (LLB): operations, their inputs, and where in a source they come from."""

PACKAGES = {
    "pb": """
        Platform: Architecture 1, OS 2, Variant 3, OSVersion 4, OSFeatures *5
        Position: line 1 int32, character 2 int32
        Range: start 1 Position, end 2 Position
        Location: sourceIndex 1 int32, ranges *2 Range
        Locations: locations *1 Location
        SourceInfo: filename 1, data 2 bytes, definition 3 Definition, language 4
        Source: locations 1 {Locations}, infos *2 SourceInfo
        ProgressGroup: id 1, name 2, weak 3 bool
        ExportCache: Value 1 bool
        LinuxResources: memory 1 int64, memorySwap 2 int64, cpuShares 3 uint64, cpuPeriod 4 uint64, cpuQuota 5 int64, cpusetCpus 6, cpusetMems 7
        OpMetadata: ignore_cache 1 bool, description 2 {string}, export_cache 4 ExportCache, caps 5 {bool}, progress_group 6 ProgressGroup, linux_resources 7 LinuxResources
        Definition: def *1 bytes, metadata 2 {OpMetadata}, Source 3 Source
        Input: digest 1, index 2 int64
        WorkerConstraints: filter *1
        Op: inputs *1 Input, exec ?2 ExecOp, source ?3 SourceOp, file ?4 FileOp, build ?5 BuildOp, merge ?6 MergeOp, diff ?7 DiffOp, platform 10 Platform, constraints 11 WorkerConstraints
        SourceOp: identifier 1, attrs 2 {string}
        BuildInput: input 1 int64
        BuildOp: builder 1 int64, inputs 2 {BuildInput}, def 3 Definition, attrs 4 {string}
        MergeInput: input 1 int64
        MergeOp: inputs *1 MergeInput
        DiffInput: input 1 int64
        DiffOp: lower 1 DiffInput, upper 2 DiffInput
        NetMode = UNSET HOST NONE
        SecurityMode = SANDBOX INSECURE
        HostIP: Host 1, IP 2
        Ulimit: Name 1, Soft 2 int64, Hard 3 int64
        ProxyEnv: http_proxy 1, https_proxy 2, ftp_proxy 3, no_proxy 4, all_proxy 5
        Meta: args *1, env *2, cwd 3, user 4, proxy_env 5 ProxyEnv, extraHosts *6 HostIP, hostname 7, ulimit *9 Ulimit, cgroupParent 10, removeMountStubsRecursive 11 bool, validExitCodes *12 int32
        SecretEnv: ID 1, name 2, optional 3 bool
        CDIDevice: name 1, optional 2 bool
        MountType = BIND SECRET SSH CACHE TMPFS
        MountContentCache = DEFAULT ON OFF
        CacheSharingOpt = SHARED PRIVATE LOCKED
        TmpfsOpt: size 1 int64
        CacheOpt: ID 1, sharing 2 CacheSharingOpt
        SecretOpt: ID 1, uid 2 uint32, gid 3 uint32, mode 4 uint32, optional 5 bool
        SSHOpt: ID 1, uid 2 uint32, gid 3 uint32, mode 4 uint32, optional 5 bool
        Mount: input 1 int64, selector 2, dest 3, output 4 int64, readonly 5 bool, mountType 6 MountType, TmpfsOpt 19 TmpfsOpt, cacheOpt 20 CacheOpt, secretOpt 21 SecretOpt, SSHOpt 22 SSHOpt, resultID 23, contentCache 24 MountContentCache
        ExecOp: meta 1 Meta, mounts *2 Mount, network 3 NetMode, security 4 SecurityMode, secretenv *5 SecretEnv, cdiDevices *6 CDIDevice
        NamedUserOpt: name 1, input 2 int64
        UserOpt: byName ?1 NamedUserOpt, byID ?2 uint32
        ChownOpt: user 1 UserOpt, group 2 UserOpt
        FileActionCopy: src 1, dest 2, owner 3 ChownOpt, mode 4 int32, followSymlink 5 bool, dirCopyContents 6 bool, attemptUnpackDockerCompatibility 7 bool, createDestPath 8 bool, allowWildcard 9 bool, allowEmptyWildcard 10 bool, timestamp 11 int64, include_patterns *12, exclude_patterns *13, alwaysReplaceExistingDestPaths 14 bool, modeStr 15, required_paths *16
        FileActionMkFile: path 1, mode 2 int32, data 3 bytes, owner 4 ChownOpt, timestamp 5 int64
        FileActionMkDir: path 1, mode 2 int32, makeParents 3 bool, owner 4 ChownOpt, timestamp 5 int64
        FileActionRm: path 1, allowNotFound 2 bool, allowWildcard 3 bool
        FileActionSymlink: oldpath 1, newpath 2, owner 3 ChownOpt, timestamp 4 int64
        FileAction: input 1 int64, secondaryInput 2 int64, output 3 int64, copy ?4 FileActionCopy, mkfile ?5 FileActionMkFile, mkdir ?6 FileActionMkDir, rm ?7 FileActionRm, symlink ?8 FileActionSymlink
        FileOp: actions *2 FileAction
    """,  # noqa: E501
}
