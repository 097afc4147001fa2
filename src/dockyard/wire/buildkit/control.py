"""`moby.buildkit.v1`: builds, how they go, the cache, and the builds that have been."""

PACKAGES = {
    "moby.buildkit.v1": """
        BytesMessage: data 1 bytes
        Exporter: Type 1, Attrs 2 {string}
        CacheOptionsEntry: Type 1, Attrs 2 {string}
        CacheOptions: ExportRefDeprecated 1, ImportRefsDeprecated *2, ExportAttrsDeprecated 3 {string}, Exports *4 CacheOptionsEntry, Imports *5 CacheOptionsEntry
        SolveRequest: Ref 1, Definition 2 pb.Definition, ExporterDeprecated 3, ExporterAttrsDeprecated 4 {string}, Session 5, Frontend 6, FrontendAttrs 7 {string}, Cache 8 CacheOptions, Entitlements *9, FrontendInputs 10 {pb.Definition}, Internal 11 bool, SourcePolicy 12 moby.buildkit.v1.sourcepolicy.Policy, Exporters *13 Exporter, EnableSessionExporter 14 bool, SourcePolicySession 15, CompatibilityVersion 16 int64, ProxyNetwork 17 bool
        SolveResponse: ExporterResponse 1 {string}
        StatusRequest: Ref 1
        Vertex: digest 1, inputs *2, name 3, cached 4 bool, started 5 google.protobuf.Timestamp, completed 6 google.protobuf.Timestamp, error 7, progressGroup 8 pb.ProgressGroup
        VertexStatus: ID 1, vertex 2, name 3, current 4 int64, total 5 int64, timestamp 6 google.protobuf.Timestamp, started 7 google.protobuf.Timestamp, completed 8 google.protobuf.Timestamp
        VertexLog: vertex 1, timestamp 2 google.protobuf.Timestamp, stream 3 int64, msg 4 bytes
        VertexWarning: vertex 1, level 2 int64, short 3 bytes, detail *4 bytes, url 5, info 6 pb.SourceInfo, ranges *7 pb.Range
        StatusResponse: vertexes *1 Vertex, statuses *2 VertexStatus, logs *3 VertexLog, warnings *4 VertexWarning
        PruneRequest: filter *1, all 2 bool, keepDuration 3 int64, reservedSpace 4 int64, maxUsedSpace 5 int64, minFreeSpace 6 int64
        DiskUsageRequest: filter *1, ageLimit 2 int64
        UsageRecord: ID 1, Mutable 2 bool, InUse 3 bool, Size 4 int64, Parent 5, CreatedAt 6 google.protobuf.Timestamp, LastUsedAt 7 google.protobuf.Timestamp, UsageCount 8 int64, Description 9, RecordType 10, Shared 11 bool, Parents *12
        DiskUsageResponse: record *1 UsageRecord
        ListWorkersRequest: filter *1
        ListWorkersResponse: record *1 moby.buildkit.v1.types.WorkerRecord
        InfoRequest:
        InfoResponse: buildkitVersion 1 moby.buildkit.v1.types.BuildkitVersion
        Descriptor: media_type 1, digest 2, size 3 int64, annotations 5 {string}
        BuildResultInfo: ResultDeprecated 1 Descriptor, Attestations *2 Descriptor, Results 3 {int64 Descriptor}
        BuildHistoryRequest: ActiveOnly 1 bool, Ref 2, EarlyExit 3 bool, Filter *4, Limit 5 int32
        BuildHistoryEventType = STARTED COMPLETE DELETED
        BuildHistoryRecord: Ref 1, Frontend 2, FrontendAttrs 3 {string}, Exporters *4 Exporter, error 5 google.rpc.Status, CreatedAt 6 google.protobuf.Timestamp, CompletedAt 7 google.protobuf.Timestamp, logs 8 Descriptor, ExporterResponse 9 {string}, Result 10 BuildResultInfo, Results 11 {BuildResultInfo}, Generation 12 int32, trace 13 Descriptor, pinned 14 bool, numCachedSteps 15 int32, numTotalSteps 16 int32, numCompletedSteps 17 int32, externalError 18 Descriptor, numWarnings 19 int32
        BuildHistoryEvent: type 1 BuildHistoryEventType, record 2 BuildHistoryRecord
        UpdateBuildHistoryRequest: Ref 1, Pinned 2 bool, Delete 3 bool, Finalize 4 bool
        UpdateBuildHistoryResponse:
    """,  # noqa: E501
}
