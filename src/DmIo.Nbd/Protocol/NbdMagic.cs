namespace DmIo.Nbd.Protocol;

/// <summary>The protocol's magic numbers and fixed lengths. Source: NetworkBlockDevice/nbd, doc/proto.md.</summary>
internal static class NbdMagic
{
    /// <summary>"NBDMAGIC", the server's first eight bytes.</summary>
    internal const ulong Greeting = 0x4e42444d41474943;

    /// <summary>"IHAVEOPT": newstyle, and in front of each option.</summary>
    internal const ulong Option = 0x49484156454F5054;

    /// <summary>In front of each reply to an option.</summary>
    internal const ulong OptionReply = 0x3e889045565a9;

    /// <summary>The second magic of oldstyle servers, which we do not speak to.</summary>
    internal const ulong OldStyle = 0x00420281861253;

    internal const uint Request = 0x25609513;
    internal const uint SimpleReply = 0x67446698;
    internal const uint StructuredReply = 0x668e33ef;

    /// <summary>The longest export name and description, in bytes of UTF-8.</summary>
    internal const int LongestString = 4096;

    /// <summary>Zeroes after EXPORT_NAME's answer, unless both sides said NO_ZEROES.</summary>
    internal const int ExportNamePadding = 124;

    /// <summary>The most payload that a side may expect the other to take where nothing else was agreed.</summary>
    internal const int UsualMaxPayload = 32 << 20;

    /// <summary>The port that IANA assigned.</summary>
    internal const int Port = 10809;
}
