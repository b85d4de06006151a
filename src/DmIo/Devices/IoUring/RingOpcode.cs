namespace DmIo.Devices.IoUring;

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
