using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// One request to the service, with all its regions, for the oracles of their devices: for tests of an application
/// that talks to the service. Made for one use: begin it before the request is sent, end it with its result.
/// </summary>
/// <param name="operation">The request's.</param>
/// <param name="regions">The request's. Those of devices without an oracle are not judged.</param>
/// <example><code>
///   var write = new RequestAccess(IoOperation.Write, regions) { Data = data };
///   write.Begin(oracles);
///   write.End(await client.WriteAsync(regions, data));
/// </code></example>
public sealed class RequestAccess(IoOperation operation, IReadOnlyList<IoRegion> regions)
{
    private readonly IReadOnlyList<IoRegion> regions = regions ?? throw new ArgumentNullException(nameof(regions));
    private readonly List<(int Region, DiskOracle Oracle, DiskAccess Access)> accesses = [];

    /// <summary>Of a write: what is in the request's memory.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The request's.</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>The request's.</summary>
    public WriteEdges Edges { get; init; }

    /// <summary>One number for all requests of a lease, or of a client: the service keeps their order. See
    /// <see cref="DiskAccess.Stream"/>.</summary>
    public long? Stream { get; init; }

    /// <summary>What findings call it; null: by its operation and sectors.</summary>
    public string? Label { get; init; }

    /// <summary>It is about to be sent.</summary>
    /// <param name="oracles">By the names under which the devices are attached.</param>
    public void Begin(IReadOnlyDictionary<string, DiskOracle> oracles)
    {
        ArgumentNullException.ThrowIfNull(oracles);
        foreach (var (index, region) in regions.Index())
        {
            if (oracles.TryGetValue(region.Device, out var oracle))
            {
                var access = new DiskAccess(operation, region.Start, region.Count)
                {
                    Data = Data, ForceUnitAccess = ForceUnitAccess, Edges = Edges, Stream = Stream, Label = Label,
                };
                accesses.Add((index, oracle, oracle.Begin(access)));
            }
        }
    }

    /// <summary>Its result is there.</summary>
    /// <param name="result">The request's.</param>
    /// <param name="found">Of a read: what is in its memory. Not judged where a device has the memory still.</param>
    public void End(IoResult result, ReadOnlySpan<byte> found = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        foreach (var (index, oracle, access) in accesses)
        {
            oracle.End(access, result[index], result.BufferHeld ? default : found);
        }
    }

    /// <summary>It was refused: it never happened.</summary>
    public void Withdraw() => accesses.ForEach(one => one.Oracle.Withdraw(one.Access));
}
