using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>Requests to the service, through its client: as tasks, or as blocking calls on a thread of the
/// pool.</summary>
internal sealed class ClientRegionIo(IoClient client, CallMode mode) : IRegionIo
{
    private static readonly RequestOptions Durable = new() { ForceUnitAccess = true };

    public bool IsBlocking => mode == CallMode.Sync;

    public Task<IoResult> SubmitAsync(
        IoOperation operation, IReadOnlyList<IoRegion> regions, IoMemory? memory = null, bool forceUnitAccess = false)
    {
        var options = forceUnitAccess ? Durable : null;
        return mode == CallMode.Sync
            ? Task.Run(() => client.Request(operation, regions, memory, options))
            : client.RequestAsync(operation, regions, memory, options);
    }
}
