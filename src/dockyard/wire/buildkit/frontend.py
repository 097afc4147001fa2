"""`moby.buildkit.v1.frontend`: what a frontend asks of the builder that runs it. Buildx builds by it, too."""

PACKAGES = {
    "moby.buildkit.v1.frontend": """
        Ref: id 1, def 2 pb.Definition
        RefMap: refs 1 {Ref}
        RefMapDeprecated: refs 1 {string}
        AttestationKind = InToto Bundle
        InTotoSubjectKind = Self Raw
        InTotoSubject: kind 1 InTotoSubjectKind, digest *2, name 3
        Attestation: kind 1 AttestationKind, metadata 2 {bytes}, ref 3 Ref, path 4, inTotoPredicateType 5, inTotoSubjects *6 InTotoSubject
        Attestations: attestation *1 Attestation
        Result: refDeprecated ?1, refsDeprecated ?2 RefMapDeprecated, ref ?3 Ref, refs ?4 RefMap, metadata 10 {bytes}, attestations 12 {Attestations}
        ReturnRequest: result 1 Result, error 2 google.rpc.Status
        ReturnResponse:
        InputsRequest:
        InputsResponse: Definitions 1 {pb.Definition}
        ResolveImageConfigRequest: Ref 1, Platform 2 pb.Platform, ResolveMode 3, LogName 4, ResolverType 5 int32, SessionID 6, StoreID 7, SourcePolicies *8 moby.buildkit.v1.sourcepolicy.Policy
        ResolveImageConfigResponse: Digest 1, Config 2 bytes, Ref 3
        ResolveSourceImageRequest: NoConfig 1 bool, AttestationChain 2 bool, ResolveAttestations *3
        ResolveSourceGitRequest: ReturnObject 1 bool
        ResolveSourceMetaRequest: Source 1 pb.SourceOp, Platform 2 pb.Platform, LogName 3, ResolveMode 4, Git 5 ResolveSourceGitRequest, Image 6 ResolveSourceImageRequest, SourcePolicies *8 moby.buildkit.v1.sourcepolicy.Policy
        ResolveSourceImageResponse: Digest 1, Config 2 bytes
        ResolveSourceGitResponse: Checksum 1, Ref 2, CommitChecksum 3, CommitObject 4 bytes, TagObject 5 bytes
        ResolveSourceHTTPResponse: Checksum 1, Filename 2, LastModified 3 google.protobuf.Timestamp
        ResolveSourceMetaResponse: Source 1 pb.SourceOp, Image 2 ResolveSourceImageResponse, Git 3 ResolveSourceGitResponse, HTTP 4 ResolveSourceHTTPResponse
        CacheOptionsEntry: Type 1, Attrs 2 {string}
        SolveRequest: Definition 1 pb.Definition, Frontend 2, FrontendOpt 3 {string}, allowResultReturn 5 bool, allowResultArrayRef 6 bool, Final 10 bool, ExporterAttr 11 bytes, CacheImports *12 CacheOptionsEntry, FrontendInputs 13 {pb.Definition}, Evaluate 14 bool, SourcePolicies *15 moby.buildkit.v1.sourcepolicy.Policy
        SolveResponse: ref 1, result 3 Result
        FileRange: Offset 1 int64, Length 2 int64
        ReadFileRequest: Ref 1, FilePath 2, Range 3 FileRange, MountIndex 4 int32
        ReadFileResponse: Data 1 bytes
        ReadDirRequest: Ref 1, DirPath 2, IncludePattern 3, MountIndex 4 int32
        ReadDirResponse: entries *1 fsutil.types.Stat
        StatFileRequest: Ref 1, Path 2, MountIndex 3 int32
        StatFileResponse: stat 1 fsutil.types.Stat
        EvaluateRequest: Ref 1
        EvaluateResponse:
        PingRequest:
        PongResponse: FrontendAPICaps *1 moby.buildkit.v1.apicaps.APICap, LLBCaps *2 moby.buildkit.v1.apicaps.APICap, Workers *3 moby.buildkit.v1.types.WorkerRecord
        WarnRequest: digest 1, level 2 int64, short 3 bytes, detail *4 bytes, url 5, info 6 pb.SourceInfo, ranges *7 pb.Range
        WarnResponse:
        NewContainerRequest: ContainerID 1, Mounts *2 pb.Mount, Network 3 pb.NetMode, platform 4 pb.Platform, constraints 5 pb.WorkerConstraints, extraHosts *6 pb.HostIP, hostname 7
        NewContainerResponse:
        ReleaseContainerRequest: ContainerID 1
        ReleaseContainerResponse:
        InitMessage: ContainerID 1, Meta 2 pb.Meta, Fds *3 uint32, Tty 4 bool, Security 5 pb.SecurityMode, secretenv *6 pb.SecretEnv
        ExitMessage: Code 1 uint32, Error 2 google.rpc.Status
        StartedMessage:
        DoneMessage:
        FdMessage: Fd 1 uint32, EOF 2 bool, Data 3 bytes
        ResizeMessage: Rows 1 uint32, Cols 2 uint32
        SignalMessage: Name 1
        ExecMessage: ProcessID 1, Init ?2 InitMessage, File ?3 FdMessage, Resize ?4 ResizeMessage, Started ?5 StartedMessage, Exit ?6 ExitMessage, Done ?7 DoneMessage, Signal ?8 SignalMessage
    """,  # noqa: E501
}
