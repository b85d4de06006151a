namespace DmIo.Devices.Files;

/// <summary>What a path leads to, by Linux's <c>st_mode</c>; for a block device also its number.</summary>
internal readonly record struct FileKind(ushort Mode, uint DeviceMajor, uint DeviceMinor)
{
    private const int TypeMask = 0xF000;

    internal bool IsRegular => (Mode & TypeMask) == 0x8000;

    internal bool IsBlockDevice => (Mode & TypeMask) == 0x6000;

    /// <summary>In words, for a message.</summary>
    internal string Name => (Mode & TypeMask) switch
    {
        0x8000 => "regular file",
        0x6000 => "block device",
        0x4000 => "directory",
        0x2000 => "character device",
        0x1000 => "pipe",
        0xC000 => "socket",
        _ => "file of an unknown kind",
    };
}
