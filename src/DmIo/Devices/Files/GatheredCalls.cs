using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Devices.Stores;

namespace DmIo.Devices.Files;

/// <summary>
/// Makes some calls of a turn on one thread, each once. Where the file is mapped, its writes go to the kernel together;
/// what does not get through there is written by <see cref="ThreadCall.Run"/> from its beginning, which also finds the
/// reason. The rest, and a small write that is alone, take that way at once. Used by one thread at a time; in steady
/// state nothing is allocated.
/// </summary>
internal sealed unsafe class GatheredCalls(FileStore store, FileMapping? mapping)
{
    /// <summary>The most writes of one call: more gain nothing.</summary>
    internal const int Most = 16;

    /// <summary>A call that has as many bytes is not made longer: its thread would hold them up.</summary>
    private const long EnoughBytes = 256 << 10;

    /// <summary>Below, a write that is alone costs less without the mapping.</summary>
    private const long LeastBytesAlone = 32 << 10;

    private readonly ThreadCall?[] gathered = new ThreadCall?[Most];
    private readonly NativeSegment[] targets = GC.AllocateArray<NativeSegment>(Most, pinned: true);
    private readonly PinnedSegments sources = new();
    private int count;

    internal void Run(ReadOnlySpan<ThreadCall> calls)
    {
        var writable = mapping is { IsUsable: true } ? mapping.WritableBytes : 0;
        foreach (var call in calls)
        {
            if (call.PlainWriteEnd > writable || !TryGather(call))
            {
                call.Run(store);
            }
        }

        Write();
    }

    /// <summary>False: the call is to be made by itself.</summary>
    private bool TryGather(ThreadCall call)
    {
        if (count == Most || sources.LengthBytes >= EnoughBytes)
        {
            Write();
        }

        try
        {
            if (!sources.TryAdd(call.Batch))
            {
                return false;
            }
        }
        catch (Exception)
        {
            // Memory of a caller's own making, which its own call will find out; the others have lost their pins.
            MakeOneByOne(0);
            return false;
        }

        targets[count] = mapping!.Target(call.OffsetBytes, call.Batch.LengthBytes);
        gathered[count++] = call;
        return true;
    }

    private void Write()
    {
        if (count == 0)
        {
            return;
        }

        var written = count == 1 && sources.LengthBytes < LeastBytesAlone
            ? 0
            : mapping!.Write(sources.First, sources.Count, FirstTarget, count);
        sources.Release();
        MakeOneByOne(written);
    }

    /// <summary>Those that are covered by so many bytes are made; the others are made now.</summary>
    private void MakeOneByOne(long written)
    {
        for (var index = 0; index < count; index++)
        {
            var call = gathered[index]!;
            gathered[index] = null;
            var length = call.Batch.LengthBytes;
            if (written >= length)
            {
                written -= length;
                call.WasWritten();
            }
            else
            {
                written = 0;
                call.Run(store);
            }
        }

        count = 0;
    }

    private NativeSegment* FirstTarget =>
        (NativeSegment*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(targets));
}
