using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Tests;

/// <summary>Devices in memory without a service, which record every request and fail where a test wants it.</summary>
internal sealed class FakeRegionIo : IRegionIo
{
    private readonly Dictionary<string, byte[]> devices = [];
    private int inFlight;

    public bool IsBlocking { get; init; }

    /// <summary>The status of one region of a request; null: it goes well.</summary>
    public Func<IoOperation, IoRegion, IoStatus?> Fault { get; set; } = (_, _) => null;

    /// <summary>Awaited by every request before it ends.</summary>
    public Func<Task> Gate { get; set; } = () => Task.CompletedTask;

    public List<(IoOperation Operation, IoRegion[] Regions, bool ForceUnitAccess)> Requests { get; } = [];

    public int MostInFlight { get; private set; }

    public byte[] this[string device] => devices[device];

    public RegionTally NewRegion(int index, string device, long start, long? count, long capacity = 1 << 16)
    {
        devices.TryAdd(device, new byte[capacity * Sector.SizeBytes]);
        var description = new Devices.DeviceDescription { Backend = "fake", Capacity = ByteSize.FromSectors(capacity) };
        return new RegionTally(index, new TargetRegion(device, device, start, count, description));
    }

    public async Task<IoResult> SubmitAsync(
        IoOperation operation, IReadOnlyList<IoRegion> regions, IoMemory? memory = null, bool forceUnitAccess = false)
    {
        Requests.Add((operation, [.. regions], forceUnitAccess));
        MostInFlight = Math.Max(MostInFlight, ++inFlight);
        await Gate();
        inFlight--;
        return new IoResult([.. regions.Select(region => Move(operation, region, memory))]);
    }

    private IoStatus Move(IoOperation operation, IoRegion region, IoMemory? memory)
    {
        if (Fault(operation, region) is { } fault)
        {
            if (operation == IoOperation.Read)
            {
                memory!.Clear(0, region.Count.Bytes);
            }

            return fault;
        }

        var start = (int)region.Start.Value * Sector.SizeBytes;
        var store = devices[region.Device].AsMemory(start, (int)region.Count.Bytes);
        foreach (var piece in memory?.Pieces(0, region.Count.Bytes) ?? [])
        {
            var (from, to) = operation == IoOperation.Read ? (store, piece) : (piece, store);
            from[..piece.Length].CopyTo(to);
            store = store[piece.Length..];
        }

        return IoStatus.Ok;
    }
}
