using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

/// <summary>A submission queue entry: <c>struct io_uring_sqe</c>, the same on every 64-bit architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct SubmissionEntry
{
    internal const int SizeBytes = 64;

    /// <summary><see cref="File"/> is an index into the registered files (<c>IOSQE_FIXED_FILE</c>).</summary>
    internal const byte RegisteredFile = 1;

    /// <summary>For <see cref="OperationFlags"/> of a flush: data, and the metadata that is needed to find
    /// it.</summary>
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

    /// <summary>The address of the first byte or iovec; for an allocation, the number of bytes.</summary>
    [FieldOffset(16)]
    internal long Address;

    /// <summary>The number of bytes or iovecs; for an allocation, its mode.</summary>
    [FieldOffset(24)]
    internal int Length;

    [FieldOffset(28)]
    internal uint OperationFlags;

    /// <summary>Returned in the <see cref="CompletionEntry"/>.</summary>
    [FieldOffset(32)]
    internal ulong UserData;

    [FieldOffset(40)]
    internal ushort BufferIndex;
}

/// <summary>A completion queue entry: <c>struct io_uring_cqe</c>.</summary>
/// <param name="UserData">The <see cref="SubmissionEntry.UserData"/> of the completed operation.</param>
/// <param name="Result">The number of bytes transferred, or 0, or a negative errno.</param>
/// <param name="Flags">Not set by any operation in use here.</param>
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
