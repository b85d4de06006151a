using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// One request to the service, with all its regions, for the oracles of their devices: for tests of an application that
/// uses the service. Not reusable: begin it before the request is sent, end it with its result.
/// </summary>
/// <param name="operation">The request's operation.</param>
/// <param name="regions">The request's regions. Regions on devices without an oracle are not checked.</param>
/// <example><code>
///   var write = new RequestAccess(IoOperation.Write, regions) { Data = data };
///   write.Begin(oracles);
///   write.End(await client.WriteAsync(regions, data));
/// </code></example>
public sealed class RequestAccess(IoOperation operation, IReadOnlyList<IoRegion> regions)
{
    private readonly IReadOnlyList<IoRegion> regions = regions ?? throw new ArgumentNullException(nameof(regions));
    private readonly List<(int Region, DiskOracle Oracle, DiskAccess Access)> accesses = [];

    /// <summary>The contents of the request's memory, for a write.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>True for a durable write (FUA), as in the request.</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>The bytes at both ends of each region that the write preserves, as in the request.</summary>
    public WriteEdges Edges { get; init; }

    /// <summary>The same number for all requests of a lease or a client, whose order the service preserves. See
    /// <see cref="DiskAccess.Stream"/>.</summary>
    public long? Stream { get; init; }

    /// <summary>The name of the request in findings; null: the operation and sectors.</summary>
    public string? Label { get; init; }

    /// <summary>Begins the request. Call it before the request is sent.</summary>
    /// <param name="oracles">The oracles, by the names of the attached devices.</param>
    public void Begin(IReadOnlyDictionary<string, DiskOracle> oracles)
    {
        ArgumentNullException.ThrowIfNull(oracles);
        foreach (var (index, region) in regions.Index())
        {
            if (oracles.TryGetValue(region.Device, out var oracle))
            {
                var access = new DiskAccess(operation, region.Start, region.Count)
                {
                    Data = Data,
                    ForceUnitAccess = ForceUnitAccess,
                    Edges = Edges,
                    Stream = Stream,
                    Label = Label,
                };
                accesses.Add((index, oracle, oracle.Begin(access)));
            }
        }
    }

    /// <summary>Ends the request.</summary>
    /// <param name="result">The result of the request.</param>
    /// <param name="found">The memory of a read. Not checked if a device still uses the memory.</param>
    public void End(IoResult result, ReadOnlySpan<byte> found = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        foreach (var (index, oracle, access) in accesses)
        {
            oracle.End(access, result[index], result.BufferHeld ? default : found);
        }
    }

    /// <summary>Removes a request that was refused: it never happened.</summary>
    public void Withdraw() => accesses.ForEach(one => one.Oracle.Withdraw(one.Access));
}
