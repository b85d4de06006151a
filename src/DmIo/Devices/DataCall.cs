using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>A read or a write call to a device, which differ in nothing else than the method that is called.</summary>
internal readonly record struct DataCall(IBlockDevice Device, bool IsRead, bool ForceUnitAccess)
{
    internal ValueTask<TransferResult> IssueAsync(Sector start, SegmentBatch batch) =>
        IsRead ? Device.ReadAsync(start, batch) : Device.WriteAsync(start, batch, ForceUnitAccess);

    /// <summary>What an error message calls it.</summary>
    internal string Name => IsRead ? "The read" : "The write";
}
