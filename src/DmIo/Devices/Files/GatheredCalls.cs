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

/// <summary>
/// The calls of one turn, made by two threads: their owner, and one of the pool if one has time. Each call is claimed
/// once, a few together. The owner never waits for the pool: where nobody comes, it makes all of them itself.
/// <code>
///   Free --TryBegin--> Out (in the pool's queue, or at work) --Execute ends--> Free
/// </code>
/// </summary>
internal sealed class SharedRun(GatheredCalls pools) : IThreadPoolWorkItem
{
    /// <summary>At most this part of the calls is claimed together, so that nobody is left with much at the
    /// end.</summary>
    private const int Parts = 4;

    private ThreadCall[] calls = new ThreadCall[32];
    private volatile Action? wake;
    private volatile bool isOut;
    private int count;
    private int together;
    private int next;

    /// <summary>Offers the calls to the pool. False: the one from the last time is not back yet.</summary>
    internal bool TryBegin(List<ThreadCall> offered)
    {
        if (isOut)
        {
            return false;
        }

        if (calls.Length < offered.Count)
        {
            calls = new ThreadCall[offered.Count * 2];
        }

        offered.CopyTo(calls);
        count = offered.Count;
        together = Math.Clamp(count / Parts, 1, GatheredCalls.Most);
        next = 0;
        wake = null;
        isOut = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Makes calls that nobody has claimed, until there are none.</summary>
    internal void Work(GatheredCalls gathered)
    {
        for (var claimed = Claim(); claimed < count; claimed = Claim())
        {
            gathered.Run(calls.AsSpan(claimed, Math.Min(together, count - claimed)));

            // That they were made is seen before we look: either the owner sees it, or we see that he waits.
            Interlocked.MemoryBarrier();
            wake?.Invoke();
        }
    }

    /// <summary>The owner goes; whoever is still at a call asks for its next turn.</summary>
    internal void WakeAfterwards(Action asked)
    {
        wake = asked;
        Interlocked.MemoryBarrier();
    }

    void IThreadPoolWorkItem.Execute()
    {
        Work(pools);
        isOut = false;
    }

    private int Claim() => Interlocked.Add(ref next, together) - together;
}
