using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Devices.Stores;

namespace DmIo.Devices.Files;

/// <summary>
/// Makes some calls of a turn on one thread, each once. If the file is mapped, its writes go to the kernel in one call;
/// writes that do not complete there are repeated from their beginning by <see cref="ThreadCall.Run"/>, which also
/// finds the reason. Other calls, and a small single write, use that way at once. Used by one thread at a time;
/// allocates nothing in steady state.
/// </summary>
internal sealed unsafe class GatheredCalls(FileStore store, FileMapping? mapping)
{
    /// <summary>The largest number of writes in one call: more writes gain nothing.</summary>
    internal const int MaxWrites = 16;

    /// <summary>A call with this many bytes is not extended: its other writes would wait for it.</summary>
    private const long EnoughBytes = 256 << 10;

    /// <summary>Below this size, a single write costs less without the mapping.</summary>
    private const long MinBytesAlone = 32 << 10;

    private readonly ThreadCall?[] gathered = new ThreadCall?[MaxWrites];
    private readonly NativeSegment[] targets = GC.AllocateArray<NativeSegment>(MaxWrites, pinned: true);
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

    /// <summary>False: the call must be made separately.</summary>
    private bool TryGather(ThreadCall call)
    {
        if (count == MaxWrites || sources.LengthBytes >= EnoughBytes)
        {
            Write();
        }

        try
        {
            if (!sources.TryAdd(call.Operation.Batch))
            {
                return false;
            }
        }
        catch (Exception)
        {
            // Memory of a caller's own type failed, which its own call reports; the other calls have lost their pins.
            MakeOneByOne(0);
            return false;
        }

        targets[count] = mapping!.Target(call.Operation.OffsetBytes, call.Operation.LengthBytes);
        gathered[count++] = call;
        return true;
    }

    private void Write()
    {
        if (count == 0)
        {
            return;
        }

        var written = count == 1 && sources.LengthBytes < MinBytesAlone
            ? 0
            : mapping!.Write(sources.First, sources.Count, FirstTarget, count);
        sources.Release();
        MakeOneByOne(written);
    }

    /// <summary>The writes that the copied bytes cover are done; the others are made now.</summary>
    private void MakeOneByOne(long written)
    {
        for (var index = 0; index < count; index++)
        {
            var call = gathered[index]!;
            gathered[index] = null;
            var length = call.Operation.LengthBytes;
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
/// The calls of one turn, made by two threads: the owner, and a pool thread if one is free. Each thread claims a few
/// calls at a time, each call once. The owner never waits for the pool: without a pool thread it makes all calls
/// itself.
/// <code>
///   Free --TryBegin--> Out (in the pool's queue, or at work) --Execute ends--> Free
/// </code>
/// </summary>
internal sealed class SharedRun(GatheredCalls pools) : IThreadPoolWorkItem
{
    /// <summary>The largest part of the calls in one claim, so that no thread has many left at the end.</summary>
    private const int Parts = 4;

    private ThreadCall[] calls = new ThreadCall[32];
    private volatile Action? wake;
    private volatile bool isOut;
    private int count;
    private int together;
    private int next;

    /// <summary>Offers the calls to the pool. False: the pool thread of the last turn is still at work.</summary>
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
        together = Math.Clamp(count / Parts, 1, GatheredCalls.MaxWrites);
        next = 0;
        wake = null;
        isOut = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Claims and makes calls until none is left.</summary>
    internal void Work(GatheredCalls gathered)
    {
        for (var claimed = Claim(); claimed < count; claimed = Claim())
        {
            gathered.Run(calls.AsSpan(claimed, Math.Min(together, count - claimed)));

            // The barrier orders the results before the read of wake: either the owner sees the results, or this
            // thread sees the request of the owner.
            Interlocked.MemoryBarrier();
            wake?.Invoke();
        }
    }

    /// <summary>Called when the owner ends its turn: the pool thread requests the next turn of the owner after its
    /// calls.</summary>
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
