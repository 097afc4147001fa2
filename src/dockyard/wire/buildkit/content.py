"""A content store over gRPC, containerd's: what a client offers for caches in folders, and for layouts that it takes.

https://github.com/containerd/containerd/blob/v2.1.4/api/services/content/v1/content.proto
"""

PACKAGES = {
    "containerd.services.content.v1": """
        WriteAction = STAT WRITE COMMIT
        Info: digest 1, size 2 int64, labels 5 {string}
        InfoRequest: digest 1
        InfoResponse: info 1 Info
        ReadContentRequest: digest 1, offset 2 int64, size 3 int64
        ReadContentResponse: offset 1 int64, data 2 bytes
        WriteContentRequest: action 1 WriteAction, ref 2, total 3 int64, expected 4, offset 5 int64, data 6 bytes, labels 7 {string}
        WriteContentResponse: action 1 WriteAction, offset 4 int64, total 5 int64, digest 6
    """,  # noqa: E501
}
