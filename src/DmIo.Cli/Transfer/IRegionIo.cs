using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Transfer;

/// <summary>Requests to the service, as the transfers make them. Tests have an implementation without a
/// service.</summary>
internal interface IRegionIo
{
    /// <summary>Each request is a blocking call, so that only one request is in flight.</summary>
    bool IsBlocking { get; }

    /// <summary>Submits one request. The task completes with the result of all regions.</summary>
    Task<IoResult> SubmitAsync(
        IoOperation operation, IReadOnlyList<IoRegion> regions, IoMemory? memory = null, bool forceUnitAccess = false);
}

/// <summary>The values of <c>--mode</c>.</summary>
internal enum CallMode
{
    /// <summary>Several requests in flight, each a task.</summary>
    Async,

    /// <summary>One blocking call after the other. Only the input is read ahead.</summary>
    Sync,
}

/// <summary>Requests through an <see cref="IoClient"/>: tasks, or blocking calls on a pool thread.</summary>
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
