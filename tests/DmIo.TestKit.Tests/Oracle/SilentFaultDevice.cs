using System.Runtime.InteropServices;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>A decorator with one silent fault, which occurs at random.</summary>
internal sealed class SilentFaultDevice(IBlockDevice inner, SilentFault fault, Random random) : DeviceDecorator(inner)
{
    private const int OneIn = 8;

    private readonly Dictionary<long, byte[]> old = [];
    private Action late = static () => { };

    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => operation.Kind switch
    {
        IoOperation.Read => ReadAsync(operation.Start, operation.Data!),
        IoOperation.Write => WriteAsync(operation.Start, operation.Data!, operation.ForceUnitAccess),
        IoOperation.Flush when fault == SilentFault.LosesFlushes && OccursNow() => default,
        IoOperation.WriteZeroes when fault == SilentFault.SkipsZeroes && OccursNow() => default,
        _ => base.SubmitAsync(operation),
    };

    private async ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        RunDelayed();
        var result = await Inner.ReadAsync(start, destination);
        if (result.Bytes == 0 || !OccursNow())
        {
            return result;
        }

        var first = destination.Segments[0];
        switch (fault)
        {
            case SilentFault.CorruptsReads:
                first.Span[random.Next(first.Length)] ^= 4;
                break;
            case SilentFault.FillsReadsLate:
                late = () => first.Span.Fill(1);
                break;
            case SilentFault.WritesOutsideMemory when MemoryMarshal.TryGetArray<byte>(first, out var array):
                array.Array![array.Offset + array.Count] = 1;
                break;
            case SilentFault.ReadsStale when old.TryGetValue(start.Value, out var stale):
                destination.CopyFrom(stale);
                break;
        }

        return result;
    }

    private async ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        RunDelayed();
        if (!OccursNow())
        {
            return await WriteAsync(start, source, forceUnitAccess, isRemembered: fault == SilentFault.ReadsStale);
        }

        var all = TransferResult.Moved(source.LengthBytes);
        var last = Description.Capacity.Sectors.Value - (source.LengthBytes / Sector.SizeBytes);
        switch (fault)
        {
            case SilentFault.LosesWrites:
                return all;
            case SilentFault.MisdirectsWrites:
                return await Inner.WriteAsync(random.NextInt64(last + 1), source, forceUnitAccess);
            case SilentFault.TearsWrites:
                var part = new SegmentBatch();
                part.AddFrom(source, 0, (source.LengthBytes / Sector.SizeBytes / 2 * Sector.SizeBytes) + 1);
                var bytes = new byte[Sector.SizeBytes * ((part.LengthBytes / Sector.SizeBytes) + 1)];
                source.CopyTo(bytes);
                await Inner.WriteAsync(start, Bytes.Batch(bytes), forceUnitAccess);
                return all;
            case SilentFault.LosesForceUnitAccess:
                return await Inner.WriteAsync(start, source, forceUnitAccess: false);
            case SilentFault.WritesLate:
                late = () => _ = Inner.WriteAsync(start, source, forceUnitAccess).AsTask();
                return all;
            case SilentFault.ChangesWriteBuffers:
                var result = await Inner.WriteAsync(start, source, forceUnitAccess);
                source.Segments[0].Span[0]++;
                return result;
            default:
                return await Inner.WriteAsync(start, source, forceUnitAccess);
        }
    }

    private async ValueTask<TransferResult> WriteAsync(
        Sector start, SegmentBatch source, bool forceUnitAccess, bool isRemembered)
    {
        if (isRemembered)
        {
            var before = new byte[Sector.SizeBytes];
            await Inner.ReadAsync(start, Bytes.Batch(before));
            old[start.Value] = before;
        }

        return await Inner.WriteAsync(start, source, forceUnitAccess);
    }

    private bool OccursNow() => random.Next(OneIn) == 0;

    private void RunDelayed()
    {
        var due = late;
        late = static () => { };
        due();
    }
}
