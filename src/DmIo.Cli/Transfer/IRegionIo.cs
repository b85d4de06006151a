using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>One request of the service: what the transfers need of it, and no more.</summary>
internal interface IRegionIo
{
    /// <summary>Each request is a blocking call: one after the other.</summary>
    bool IsBlocking { get; }

    /// <summary>Makes the request; the task ends with its outcome.</summary>
    Task<IoResult> SubmitAsync(
        IoOperation operation, IReadOnlyList<IoRegion> regions, IoMemory? memory = null, bool forceUnitAccess = false);
}
