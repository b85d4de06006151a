using DmIo.Devices.Stores;
using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// The file and the service's memory, registered with the ring, so that the kernel does not look up and pin them for
/// each operation. Fills submissions with these registrations. Keeps the file open, and the memory allocated, until
/// <see cref="Dispose"/>, which is called when nothing is in flight.
/// </summary>
internal sealed unsafe class RingRegistrations : IDisposable
{
    private readonly MappedRing ring;
    private readonly RingAbilities abilities;
    private readonly SafeFileHandle file;
    private readonly RingBuffers buffers;
    private readonly bool isFileRegistered;

    internal RingRegistrations(MappedRing ring, RingAbilities abilities, SafeFileHandle file)
    {
        this.ring = ring;
        this.abilities = abilities;
        this.file = file;
        buffers = new RingBuffers(ring.Handle);
        var isHeld = false;
        file.DangerousAddRef(ref isHeld);
        var descriptor = (int)file.DangerousGetHandle();
        isFileRegistered = RingNative.Register(ring.Handle, RingNative.RegisterFiles, &descriptor, 1) == 0;
    }

    /// <summary>Registers the blocks that were added to the memory since the last call.</summary>
    internal void Follow(PoolMemory memory) => buffers.Follow(memory);

    internal void Fill(ref SubmissionEntry entry, RingOperation operation)
    {
        operation.Fill(ref entry, buffers, abilities);
        (entry.File, entry.Flags) =
            isFileRegistered ? (0, SubmissionEntry.RegisteredFile) : ((int)file.DangerousGetHandle(), (byte)0);
    }

    /// <summary>Unregisters explicitly: the kernel releases the file at once, while closing the ring would release it
    /// some time later, and the lock of the file would still be held.</summary>
    public void Dispose()
    {
        buffers.Unregister();
        if (isFileRegistered)
        {
            _ = RingNative.Register(ring.Handle, RingNative.UnregisterFiles, null, 0);
        }

        file.DangerousRelease();
    }
}

/// <summary>
/// The blocks of the service's memory that are registered with the kernel: pinned once, not for each operation. Each
/// block stays allocated until the ring has released it. Registration touches all memory of a new block, which takes at
/// least 0.1 ms per MiB on the turn that polls: slabs of moderate size are better. Blocks that cannot be registered
/// (the limit of locked memory, an older kernel, a full table) are used without registration, which only costs time.
/// Invariant: <c>starts</c> is ascending, and entry i of all three lists belongs to the same block.
/// </summary>
internal sealed unsafe class RingBuffers(SafeFileHandle ring)
{
    /// <summary>The number of table entries. The limit of the kernel is 16384; an empty entry costs the kernel 8
    /// bytes.</summary>
    internal const int TableEntries = 4096;

    /// <summary>The limit of the kernel for one buffer.</summary>
    private const long MaxBlockBytes = 1 << 30;

    private const uint Sparse = 1;

    private readonly List<nint> starts = [];
    private readonly List<NativeBlock> blocks = [];
    private readonly List<ushort> places = [];
    private int seenBlocks;
    private bool isTableMade;
    private bool isRefused;

    /// <summary>The number of registered blocks.</summary>
    internal int Count => blocks.Count;

    /// <summary>Registers the blocks that were added since the last call. After the first refusal, registers no more
    /// blocks.</summary>
    internal void Follow(PoolMemory memory)
    {
        var all = memory.Blocks;
        if (seenBlocks == all.Length)
        {
            return;
        }

        for (; seenBlocks < all.Length && !isRefused; seenBlocks++)
        {
            if (all[seenBlocks].LengthBytes <= MaxBlockBytes)
            {
                isRefused = Count == TableEntries || !TryMakeTable() || !TryRegister(all[seenBlocks]);
            }
        }

        seenBlocks = all.Length;
    }

    /// <summary>Finds the table entry of the block that contains all of the segments; false if there is no such
    /// block.</summary>
    internal bool TryFind(ReadOnlySpan<NativeSegment> segments, out ushort place)
    {
        place = 0;
        if (Count == 0 || segments.IsEmpty)
        {
            return false;
        }

        var found = starts.BinarySearch(segments[0].Address);
        found = found < 0 ? ~found - 1 : found;
        if (found < 0)
        {
            return false;
        }

        var start = starts[found];
        var end = start + (nint)blocks[found].LengthBytes;
        foreach (var segment in segments)
        {
            if (segment.Address < start || segment.End > end)
            {
                return false;
            }
        }

        place = places[found];
        return true;
    }

    /// <summary>Unregisters all blocks, when nothing is in flight: the blocks can then be freed.</summary>
    internal void Unregister()
    {
        if (isTableMade)
        {
            _ = RingNative.Register(ring, RingNative.UnregisterBuffers, null, 0);
        }

        blocks.ForEach(block => block.DangerousRelease());
        blocks.Clear();
        starts.Clear();
        places.Clear();
    }

    private bool TryMakeTable()
    {
        if (!isTableMade)
        {
            var table = stackalloc ulong[4] { TableEntries | ((ulong)Sparse << 32), 0, 0, 0 };
            isTableMade = RingNative.Register(ring, RingNative.RegisterBuffers, table, 4 * sizeof(ulong)) == 0;
        }

        return isTableMade;
    }

    private bool TryRegister(NativeBlock block)
    {
        var isHeld = false;
        try
        {
            block.DangerousAddRef(ref isHeld);
        }
        catch (ObjectDisposedException)
        {
            // The pool has ended: there will be no I/O from the block.
            return true;
        }

        var place = Count;
        var segment = new NativeSegment((nint)block.Address, (nint)block.LengthBytes);
        var update = stackalloc ulong[4] { (ulong)place, (ulong)&segment, 0, 1 };
        if (RingNative.Register(ring, RingNative.UpdateBuffers, update, 4 * sizeof(ulong)) != 0)
        {
            block.DangerousRelease();
            return false;
        }

        var index = ~starts.BinarySearch(segment.Address);
        starts.Insert(index, segment.Address);
        blocks.Insert(index, block);
        places.Insert(index, (ushort)place);
        return true;
    }
}
