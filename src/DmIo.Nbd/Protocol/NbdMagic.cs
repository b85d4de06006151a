namespace DmIo.Nbd.Protocol;

/// <summary>The protocol's magic numbers and fixed lengths. Source: NetworkBlockDevice/nbd, doc/proto.md.</summary>
internal static class NbdMagic
{
    /// <summary>"NBDMAGIC", the first eight bytes of the server.</summary>
    internal const ulong Greeting = 0x4e42444d41474943;

    /// <summary>"IHAVEOPT": follows the greeting of newstyle servers, and begins each option.</summary>
    internal const ulong Option = 0x49484156454F5054;

    /// <summary>Begins each reply to an option.</summary>
    internal const ulong OptionReply = 0x3e889045565a9;

    /// <summary>Follows the greeting of oldstyle servers, which are not supported.</summary>
    internal const ulong OldStyle = 0x00420281861253;

    internal const uint Request = 0x25609513;
    internal const uint SimpleReply = 0x67446698;
    internal const uint StructuredReply = 0x668e33ef;

    /// <summary>The maximum length of export names and descriptions, in bytes of UTF-8.</summary>
    internal const int MaxStringBytes = 4096;

    /// <summary>Zeroes after the reply to EXPORT_NAME, unless both sides set NO_ZEROES.</summary>
    internal const int ExportNamePadding = 124;

    /// <summary>The maximum payload if no block sizes were negotiated, in bytes.</summary>
    internal const int DefaultMaxPayload = 32 << 20;

    /// <summary>The port that IANA assigned.</summary>
    internal const int Port = 10809;
}
