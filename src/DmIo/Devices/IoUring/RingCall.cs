using DmIo.Devices.Stores;

namespace DmIo.Devices.IoUring;

/// <summary>The calls of <see cref="IFileEngine"/>.</summary>
internal enum RingCall : byte
{
    Read,
    Write,
    DurableWrite,
    Flush,
    ConfirmAccepted,
    Discard,
    WriteZeroes,
}
