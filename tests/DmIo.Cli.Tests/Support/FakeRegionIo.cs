using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Cli.Transfer;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Tests.Support;

/// <summary>Devices in memory without a service. They record every request and can fail.</summary>
internal sealed class FakeRegionIo : IRegionIo
{
    private readonly Dictionary<string, byte[]> devices = [];
    private int inFlight;

    public bool IsBlocking { get; init; }

    /// <summary>Returns the status of one region of a request; null: success.</summary>
    public Func<IoOperation, IoRegion, IoStatus?> Fault { get; set; } = (_, _) => null;

    /// <summary>Every request awaits this task before it completes.</summary>
    public Func<Task> Gate { get; set; } = () => Task.CompletedTask;

    public List<(IoOperation Operation, IoRegion[] Regions, bool ForceUnitAccess)> Requests { get; } = [];

    public int MostInFlight { get; private set; }

    public byte[] this[string device] => devices[device];

    public RegionState NewRegion(int index, string device, long start, long? count, long capacity = 1 << 16)
    {
        devices.TryAdd(device, new byte[capacity * Sector.SizeBytes]);
        var description = new DeviceDescription { Backend = "fake", Capacity = ByteSize.FromSectors(capacity) };
        return new RegionState(index, new TargetRegion(device, device, start, count, description));
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
        foreach (var segment in memory?.Segments(0, region.Count.Bytes) ?? [])
        {
            var (from, to) = operation == IoOperation.Read ? (store, segment) : (segment, store);
            from[..segment.Length].CopyTo(to);
            store = store[segment.Length..];
        }

        return IoStatus.Ok;
    }
}
