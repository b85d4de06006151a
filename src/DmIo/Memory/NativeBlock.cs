using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Memory;

/// <summary>
/// A zeroed, page-aligned block of native memory, which the garbage collector never moves. The block is freed once: by
/// <c>Dispose</c> after the last pin is released, or by its finalizer when nothing refers to it. Every object that
/// points into the block also refers to the block.
/// </summary>
internal sealed unsafe class NativeBlock : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>The largest alignment that direct I/O requires, and the size of a page.</summary>
    public const int AlignmentBytes = 4096;

    // Zeroed memory of a fresh mapping costs nothing until it is touched, which an aligned allocation and a Clear
    // would not give: so one alignment more is requested, and the address is rounded up.
    private NativeBlock(long lengthBytes)
        : base(ownsHandle: true)
    {
        var start = (nint)NativeMemory.AllocZeroed((nuint)lengthBytes + AlignmentBytes - 1);
        SetHandle(start);
        Address = (byte*)((start + AlignmentBytes - 1) & ~(nint)(AlignmentBytes - 1));
        LengthBytes = lengthBytes;
        GC.AddMemoryPressure(lengthBytes);
    }

    /// <summary>The first byte; a multiple of <see cref="AlignmentBytes"/>.</summary>
    public byte* Address { get; }

    /// <summary>The number of usable bytes from <see cref="Address"/> on.</summary>
    public long LengthBytes { get; }

    /// <summary>Allocates a block. Throws <see cref="OutOfMemoryException"/> if the system has no memory for
    /// it.</summary>
    public static NativeBlock Allocate(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        try
        {
            return new NativeBlock(lengthBytes);
        }
        catch (OutOfMemoryException)
        {
            // Blocks that nothing refers to any more may merely not have been found yet.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return new NativeBlock(lengthBytes);
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        GC.RemoveMemoryPressure(LengthBytes);
        return true;
    }
}

/// <summary>
/// A part of a <see cref="NativeBlock"/> as <see cref="Memory{T}"/>. Every such memory refers to the block, so the
/// block outlives all of them; a pin keeps the block allocated even after Dispose. A span alone does not keep the block
/// allocated: keep a reference to the memory while a span of it is in use.
/// </summary>
internal sealed unsafe class NativeWindow : MemoryManager<byte>
{
    private readonly NativeBlock block;
    private readonly byte* address;
    private readonly int lengthBytes;

    /// <summary><paramref name="lengthBytes"/> bytes of the block, from <paramref name="offsetBytes"/> on.</summary>
    public NativeWindow(NativeBlock block, long offsetBytes, int lengthBytes)
    {
        Invariant.Require(offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes <= block.LengthBytes - lengthBytes);
        this.block = block;
        this.lengthBytes = lengthBytes;
        address = block.Address + offsetBytes;
    }

    /// <summary>The bytes. Throws <see cref="ObjectDisposedException"/> if the block was disposed of.</summary>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(block.IsClosed, typeof(NativeBlock));
        return new Span<byte>(address, lengthBytes);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, lengthBytes);
        var held = false;
        block.DangerousAddRef(ref held);
        return new MemoryHandle(address + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin() => block.DangerousRelease();

    // The block is its owner's; a window frees nothing.
    protected override void Dispose(bool disposing)
    {
    }
}
