"""Messages that several services share: files on their way, workers, capabilities, policies, details of errors.

Names of files are bytes here, as they are on a disk: on the wire text and bytes are the same.
"""

PACKAGES = {
    "google.rpc": """
        Status: code 1 int32, message 2, details *3 google.protobuf.Any
    """,
    "fsutil.types": """
        PacketType = STAT REQ DATA FIN ERR
        Stat: path 1 bytes, mode 2 uint32, uid 3 uint32, gid 4 uint32, size 5 int64, modTime 6 int64, linkname 7 bytes, devmajor 8 int64, devminor 9 int64, xattrs 10 {bytes}
        Packet: type 1 PacketType, stat 2 Stat, ID 3 uint32, data 4 bytes
    """,  # noqa: E501
    "moby.buildkit.v1.apicaps": """
        APICap: ID 1, Enabled 2 bool, Deprecated 3 bool, DisabledReason 4, DisabledReasonMsg 5, DisabledAlternative 6
    """,
    "moby.buildkit.v1.types": """
        BuildkitVersion: package 1, version 2, revision 3, dockerfileVersion 4
        GCPolicy: all 1 bool, keepDuration 2 int64, reservedSpace 3 int64, filters *4, maxUsedSpace 5 int64, minFreeSpace 6 int64
        CDIDevice: Name 1, AutoAllow 2 bool, Annotations 3 {string}, OnDemand 4 bool
        WorkerRecord: ID 1, Labels 2 {string}, platforms *3 pb.Platform, GCPolicy *4 GCPolicy, BuildkitVersion 5 BuildkitVersion, CDIDevices *6 CDIDevice
    """,  # noqa: E501
    "moby.buildkit.v1.sourcepolicy": """
        PolicyAction = ALLOW DENY CONVERT
        MatchType = WILDCARD EXACT REGEX
        AttrMatch = EQUAL NOTEQUAL MATCHES
        Update: identifier 1, attrs 2 {string}
        AttrConstraint: key 1, value 2, condition 3 AttrMatch
        Selector: identifier 1, match_type 2 MatchType, constraints *3 AttrConstraint
        Rule: action 1 PolicyAction, selector 2 Selector, updates 3 Update
        Policy: version 1 int64, rules *2 Rule
    """,
    "errdefs": """
        Vertex: digest 1
        Source: info 1 pb.SourceInfo, ranges *2 pb.Range
        Frontend: name 1, source 2
        FrontendCap: name 1
        Subrequest: name 1
        FileAction: index 1 int64
        ContentCache: index 1 int64
        Solve: inputIDs *1, mountIDs *2, op 3 pb.Op, file ?4 FileAction, cache ?5 ContentCache, description 6 {string}
    """,
    "stack": """
        Frame: Name 1, File 2, Line 3 int32
        Stack: frames *1 Frame, cmdline *2, pid 3 int32, version 4, revision 5
    """,
}
