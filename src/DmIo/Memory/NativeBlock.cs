using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Memory;

/// <summary>
/// One zeroed, page-aligned piece of native memory, which the collector never moves. It is freed once: by
/// <c>Dispose</c> after the last pin is gone, or by its finalizer when nothing refers to it. Everything that points
/// into it holds it.
/// </summary>
internal sealed unsafe class NativeBlock : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>What direct I/O wants at most, and the size of a page.</summary>
    public const int AlignmentBytes = 4096;

    // Zeroed memory of a fresh mapping costs nothing until it is touched, which an aligned allocation and a Clear
    // would not give: so one alignment more is asked for, and the address rounded up.
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

    /// <summary>Bytes that may be used from <see cref="Address"/> on.</summary>
    public long LengthBytes { get; }

    /// <summary>A block of its own. <see cref="OutOfMemoryException"/> where the system has none.</summary>
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
