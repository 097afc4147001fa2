"""The gRPC services of BuildKit: methods with what goes in and what comes out; `*` where it is a stream."""

from typing import NamedTuple


class Method(NamedTuple):
    """One method; `request` and `response` are full names of messages."""

    service: str
    name: str
    request: str
    response: str
    streams_in: bool = False
    streams_out: bool = False

    @property
    def path(self) -> str:
        """As HTTP/2 has it, and as a client names the methods that it serves in a session."""
        return f"/{self.service}/{self.name}"


def _service(service: str, messages: str, methods: str) -> dict[str, Method]:
    found = {}
    for line in methods.strip().splitlines():
        name, request, response = line.split()
        goes, comes = (f"{messages}.{one.lstrip('*')}" for one in (request, response))
        method = Method(service, name, goes, comes, request.startswith("*"), response.startswith("*"))
        found[method.path] = method
    return found


METHODS: dict[str, Method] = {
    **_service(
        "moby.buildkit.v1.Control",
        "moby.buildkit.v1",
        """
        DiskUsage DiskUsageRequest DiskUsageResponse
        Prune PruneRequest *UsageRecord
        Solve SolveRequest SolveResponse
        Status StatusRequest *StatusResponse
        Session *BytesMessage *BytesMessage
        ListWorkers ListWorkersRequest ListWorkersResponse
        Info InfoRequest InfoResponse
        ListenBuildHistory BuildHistoryRequest *BuildHistoryEvent
        UpdateBuildHistory UpdateBuildHistoryRequest UpdateBuildHistoryResponse
        """,
    ),
    **_service(
        "moby.buildkit.v1.frontend.LLBBridge",
        "moby.buildkit.v1.frontend",
        """
        ResolveImageConfig ResolveImageConfigRequest ResolveImageConfigResponse
        ResolveSourceMeta ResolveSourceMetaRequest ResolveSourceMetaResponse
        Solve SolveRequest SolveResponse
        ReadFile ReadFileRequest ReadFileResponse
        ReadDir ReadDirRequest ReadDirResponse
        StatFile StatFileRequest StatFileResponse
        Evaluate EvaluateRequest EvaluateResponse
        Ping PingRequest PongResponse
        Return ReturnRequest ReturnResponse
        Inputs InputsRequest InputsResponse
        NewContainer NewContainerRequest NewContainerResponse
        ReleaseContainer ReleaseContainerRequest ReleaseContainerResponse
        ExecProcess *ExecMessage *ExecMessage
        Warn WarnRequest WarnResponse
        """,
    ),
    **_service(
        "moby.filesync.v1.FileSync",
        "fsutil.types",
        """
        DiffCopy *Packet *Packet
        TarStream *Packet *Packet
        """,
    ),
    **_service("moby.filesync.v1.FileSend", "moby.filesync.v1", "DiffCopy *BytesMessage *BytesMessage"),
    **_service(
        "moby.filesync.v1.Auth",
        "moby.filesync.v1",
        """
        Credentials CredentialsRequest CredentialsResponse
        FetchToken FetchTokenRequest FetchTokenResponse
        GetTokenAuthority GetTokenAuthorityRequest GetTokenAuthorityResponse
        VerifyTokenAuthority VerifyTokenAuthorityRequest VerifyTokenAuthorityResponse
        """,
    ),
    **_service(
        "moby.buildkit.secrets.v1.Secrets", "moby.buildkit.secrets.v1", "GetSecret GetSecretRequest GetSecretResponse"
    ),
    **_service(
        "moby.sshforward.v1.SSH",
        "moby.sshforward.v1",
        """
        CheckAgent CheckAgentRequest CheckAgentResponse
        ForwardAgent *BytesMessage *BytesMessage
        """,
    ),
    **_service("moby.upload.v1.Upload", "moby.upload.v1", "Pull *BytesMessage *BytesMessage"),
    **_service(
        "moby.exporter.v1.Exporter",
        "moby.exporter.v1",
        """
        FindExporters FindExportersRequest FindExportersResponse
        FinalizeExport FinalizeExportRequest FinalizeExportResponse
        """,
    ),
    **_service(
        "containerd.services.content.v1.Content",
        "containerd.services.content.v1",
        """
        Info InfoRequest InfoResponse
        Read ReadContentRequest *ReadContentResponse
        Write *WriteContentRequest *WriteContentResponse
        """,
    ),
    **_service(
        "grpc.health.v1.Health",
        "grpc.health.v1",
        """
        Check HealthCheckRequest HealthCheckResponse
        Watch HealthCheckRequest *HealthCheckResponse
        """,
    ),
}
"""By path."""
