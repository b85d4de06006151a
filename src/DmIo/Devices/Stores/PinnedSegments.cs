using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Memory;

namespace DmIo.Devices.Stores;

/// <summary>
/// The segments of one call (or of several that are made together), pinned from <see cref="Pin"/> to
/// <see cref="Release"/>, and passed to the kernel as an array of iovecs. Adjacent segments (as pages of a slab often
/// are) become one iovec. Reused by one owner; allocates only for a call with more segments than any before. Invariant:
/// the memory of <see cref="Segments"/> is pinned, and nothing else is.
/// </summary>
internal sealed unsafe class PinnedSegments
{
    private const int StartCapacity = 8;

    // The iovecs lie on the pinned heap, so that the kernel can be given their address.
    private MemoryHandle[] pins = new MemoryHandle[StartCapacity];
    private NativeSegment[] segments = GC.AllocateUninitializedArray<NativeSegment>(StartCapacity, pinned: true);
    private int pinCount;

    // The window of the pool that was pinned last, and where its first byte is: one pin does for all pages of a slab.
    private NativeWindow? window;
    private nint windowAddress;

    /// <summary>The number of iovecs: 0 if nothing is pinned, at most
    /// <see cref="DeviceDescription.SegmentsPerSystemCall"/>.</summary>
    internal int Count { get; private set; }

    /// <summary>The total length of the segments in bytes.</summary>
    internal long LengthBytes { get; private set; }

    /// <summary>The array for the kernel. It does not move as long as this object is alive, and its contents are valid
    /// until <see cref="Release"/>.</summary>
    internal NativeSegment* First =>
        (NativeSegment*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(segments));

    /// <summary>The same array as a span.</summary>
    internal ReadOnlySpan<NativeSegment> Segments => segments.AsSpan(0, Count);

    /// <summary>
    /// Pins the batch: all of it, or as much as fits in <see cref="DeviceDescription.SegmentsPerSystemCall"/> iovecs;
    /// in that case <see cref="LengthBytes"/> is less than the length of the batch, and the call is short.
    /// </summary>
    /// <exception cref="Exception">The exception of a memory type of the caller; nothing is pinned then.</exception>
    internal void Pin(SegmentBatch batch)
    {
        Invariant.Require(Count == 0);
        try
        {
            foreach (var segment in batch.Segments)
            {
                if (!TryAdd(segment))
                {
                    return;
                }
            }
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Pins another batch after the pinned ones: all of it, or nothing if there might not be enough
    /// iovecs.</summary>
    /// <exception cref="Exception">The exception of a memory type of the caller; nothing is pinned any
    /// longer.</exception>
    internal bool TryAdd(SegmentBatch batch)
    {
        if (batch.Count > DeviceDescription.SegmentsPerSystemCall - Count)
        {
            return false;
        }

        try
        {
            foreach (var segment in batch.Segments)
            {
                Invariant.Require(TryAdd(segment));
            }

            return true;
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Unpins the memory. Does nothing if nothing is pinned.</summary>
    internal void Release()
    {
        for (var index = 0; index < pinCount; index++)
        {
            pins[index].Dispose();
        }

        Array.Clear(pins, 0, pinCount);
        pinCount = 0;
        window = null;
        Count = 0;
        LengthBytes = 0;
    }

    /// <summary>False, with nothing changed but a pin, if another iovec would exceed the limit.</summary>
    private bool TryAdd(Memory<byte> memory)
    {
        var address = PinOne(memory);
        if (Count > 0 && segments[Count - 1].End == address)
        {
            var last = segments[Count - 1];
            segments[Count - 1] = new NativeSegment(last.Address, last.LengthBytes + memory.Length);
        }
        else if (Count < DeviceDescription.SegmentsPerSystemCall)
        {
            if (Count == segments.Length)
            {
                Grow();
            }

            segments[Count++] = new NativeSegment(address, memory.Length);
        }
        else
        {
            return false;
        }

        LengthBytes += memory.Length;
        return true;
    }

    private nint PinOne(Memory<byte> memory)
    {
        if (MemoryMarshal.TryGetMemoryManager<byte, NativeWindow>(memory, out var manager, out var start, out _))
        {
            if (!ReferenceEquals(manager, window))
            {
                windowAddress = Hold(manager.Pin());
                window = manager;
            }

            return windowAddress + start;
        }

        return Hold(memory.Pin());
    }

    private nint Hold(MemoryHandle pin)
    {
        if (pinCount == pins.Length)
        {
            Array.Resize(ref pins, pinCount * 2);
        }

        pins[pinCount++] = pin;
        return (nint)pin.Pointer;
    }

    private void Grow()
    {
        var more = GC.AllocateUninitializedArray<NativeSegment>(Count * 2, pinned: true);
        Segments.CopyTo(more);
        segments = more;
    }
}

/// <summary>A contiguous part of memory: <c>struct iovec</c>.</summary>
/// <param name="Address">The address of the first byte.</param>
/// <param name="LengthBytes">The length in bytes.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NativeSegment(nint Address, nint LengthBytes)
{
    /// <summary>The address after the last byte.</summary>
    internal nint End => Address + LengthBytes;
}
