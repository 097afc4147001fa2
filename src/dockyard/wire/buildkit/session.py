"""What a builder asks of the client whose build it is: files, credentials, secrets, an SSH agent, uploads, health."""

PACKAGES = {
    "moby.filesync.v1": """
        BytesMessage: data 1 bytes
        CredentialsRequest: Host 1
        CredentialsResponse: Username 1, Secret 2
        FetchTokenRequest: ClientID 1, Host 2, Realm 3, Service 4, Scopes *5
        FetchTokenResponse: Token 1, ExpiresIn 2 int64, IssuedAt 3 int64
        GetTokenAuthorityRequest: Host 1, Salt 2 bytes
        GetTokenAuthorityResponse: PublicKey 1 bytes
        VerifyTokenAuthorityRequest: Host 1, Payload 2 bytes, Salt 3 bytes
        VerifyTokenAuthorityResponse: Signed 1 bytes
    """,
    "moby.buildkit.secrets.v1": """
        GetSecretRequest: ID 1, annotations 2 {string}
        GetSecretResponse: data 1 bytes
    """,
    "moby.sshforward.v1": """
        BytesMessage: data 1 bytes
        CheckAgentRequest: ID 1
        CheckAgentResponse:
    """,
    "moby.upload.v1": """
        BytesMessage: data 1 bytes
    """,
    "moby.exporter.v1": """
        ExporterRequest: Type 1, Attrs 2 {string}
        FindExportersRequest: metadata 1 {bytes}, refs *2
        FindExportersResponse: exporters *1 ExporterRequest
        FinalizeExportRequest: exporter_response 1 {string}
        FinalizeExportResponse:
    """,
    "grpc.health.v1": """
        ServingStatus = UNKNOWN SERVING NOT_SERVING SERVICE_UNKNOWN
        HealthCheckRequest: service 1
        HealthCheckResponse: status 1 ServingStatus
    """,
}
