using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

/// <summary>What io_uring is asked to do: <c>struct io_uring_sqe</c>, the same on every 64-bit
/// architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct SubmissionEntry
{
    internal const int SizeBytes = 64;

    /// <summary><see cref="File"/> is an index into the registered files (<c>IOSQE_FIXED_FILE</c>).</summary>
    internal const byte RegisteredFile = 1;

    /// <summary>For <see cref="OperationFlags"/> of a flush: data and what is needed to find it.</summary>
    internal const uint DataOnly = 1;

    /// <summary>For <see cref="OperationFlags"/> of a write: <c>RWF_DSYNC</c>.</summary>
    internal const uint Durable = 2;

    [FieldOffset(0)]
    internal RingOpcode Opcode;

    [FieldOffset(1)]
    internal byte Flags;

    [FieldOffset(4)]
    internal int File;

    [FieldOffset(8)]
    internal long OffsetBytes;

    /// <summary>The first byte, or the first iovec; of an allocation, how many bytes.</summary>
    [FieldOffset(16)]
    internal long Address;

    /// <summary>How many bytes, or iovecs; of an allocation, its mode.</summary>
    [FieldOffset(24)]
    internal int Length;

    [FieldOffset(28)]
    internal uint OperationFlags;

    /// <summary>Comes back in the <see cref="CompletionEntry"/>.</summary>
    [FieldOffset(32)]
    internal ulong UserData;

    [FieldOffset(40)]
    internal ushort BufferIndex;
}

/// <summary>What became of it: <c>struct io_uring_cqe</c>.</summary>
/// <param name="UserData">The <see cref="SubmissionEntry.UserData"/> of what is done.</param>
/// <param name="Result">Bytes moved, or 0, or a negative errno.</param>
/// <param name="Flags">Nothing that we ask for sets any.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct CompletionEntry(ulong UserData, int Result, uint Flags);

/// <summary>The operations of io_uring that we use, by the kernel's numbers (<c>IORING_OP_*</c>).</summary>
internal enum RingOpcode : byte
{
    ReadVector = 1,
    WriteVector = 2,
    Flush = 3,
    ReadFixed = 4,
    WriteFixed = 5,
    Allocate = 17,
    Read = 22,
    Write = 23,

    /// <summary>Kernel 6.15.</summary>
    ReadVectorFixed = 60,

    /// <summary>Kernel 6.15.</summary>
    WriteVectorFixed = 61,
}
