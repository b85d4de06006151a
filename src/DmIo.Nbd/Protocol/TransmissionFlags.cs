namespace DmIo.Nbd.Protocol;

/// <summary>What an export can do.</summary>
[Flags]
internal enum TransmissionFlags : ushort
{
    None = 0,
    HasFlags = 1 << 0,
    ReadOnly = 1 << 1,
    Flush = 1 << 2,
    ForceUnitAccess = 1 << 3,
    Rotational = 1 << 4,
    Trim = 1 << 5,
    WriteZeroes = 1 << 6,
    DoNotFragment = 1 << 7,
    MultiConnection = 1 << 8,
    Resize = 1 << 9,
    Cache = 1 << 10,
    FastZero = 1 << 11,
    BlockStatusPayload = 1 << 12,
}
