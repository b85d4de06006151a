namespace DmIo.Io;

/// <summary>What a request does with its regions.</summary>
public enum IoOperation
{
    /// <summary>Fill memory from exactly one region.</summary>
    Read,

    /// <summary>Put the same memory on every region.</summary>
    Write,

    /// <summary>Make durable all that was written to the devices named, before this was issued.</summary>
    Flush,

    /// <summary>Give the sectors up; what a later read finds there is undefined.</summary>
    Discard,

    /// <summary>Make the sectors read as zero, without carrying zeroes.</summary>
    WriteZeroes,
}

/// <summary>The traits of the operations, in one table: a new operation needs a row here. An unknown operation has no
/// traits.</summary>
public static class IoOperationTraits
{
    // By operation.
    private static readonly (bool HasRange, bool HasData, bool ChangesSectors)[] Table =
    [
        (true, true, false), // Read
        (true, true, true), // Write
        (false, false, false), // Flush
        (true, false, true), // Discard
        (true, false, true), // WriteZeroes
    ];

    /// <summary>The operation is one of <see cref="IoOperation"/>.</summary>
    public static bool IsKnown(this IoOperation operation) => (uint)operation < (uint)Table.Length;

    /// <summary>The operation has a range of sectors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool HasRange(this IoOperation operation) => Row(operation).HasRange;

    /// <summary>The operation moves data between memory and sectors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool HasData(this IoOperation operation) => Row(operation).HasData;

    /// <summary>The operation changes the contents of sectors, so it conflicts with every operation on the same
    /// sectors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool ChangesSectors(this IoOperation operation) => Row(operation).ChangesSectors;

    private static ref readonly (bool HasRange, bool HasData, bool ChangesSectors) Row(IoOperation operation)
    {
        if (!operation.IsKnown())
        {
            throw new ArgumentOutOfRangeException(nameof(operation), operation, "The operation is unknown.");
        }

        return ref Table[(int)operation];
    }
}

/// <summary>Which operations of a device go first: Linux's I/O priority classes.</summary>
public enum IoPriority
{
    /// <summary>The usual class; leases share the device by their weights.</summary>
    BestEffort,

    /// <summary>Before all others. A flood of these holds up the rest until its expiry.</summary>
    RealTime,

    /// <summary>When no other waits, or when it expired.</summary>
    Idle,
}

/// <summary>How sectors may be made to read as zero: Linux's <c>BLKDEV_ZERO_NOUNMAP</c> and
/// <c>BLKDEV_ZERO_NOFALLBACK</c>.</summary>
[Flags]
public enum WriteZeroesFlags
{
    /// <summary>As the device does it fastest and with the least space: it may give the sectors up where they then read
    /// as zero.</summary>
    None = 0,

    /// <summary>No hole is made: what is allocated stays allocated, so that a later write there does not run out of
    /// space.</summary>
    NoUnmap = 1,

    /// <summary>Only where it costs less than to write the zeroes. Where it does not, the region is Unsupported, at
    /// once.</summary>
    NoFallback = 2,
}

/// <summary>
/// The bytes at the ends of its regions that a write preserves, for data that begins or ends inside a sector: the first
/// <paramref name="HeadBytes"/> and the last <paramref name="TailBytes"/> bytes of a region. The device reads these
/// bytes and writes them back with the data, while conflicting writes wait: concurrent writers of neighboring bytes
/// lose no data.
/// </summary>
/// <param name="HeadBytes">Not negative.</param>
/// <param name="TailBytes">Not negative. Together they leave at least one byte of each region.</param>
/// <remarks>Best shorter than the device's block, or whole blocks are claimed that are not written.</remarks>
public readonly record struct WriteEdges(int HeadBytes, int TailBytes)
{
    /// <summary>The data is whole sectors.</summary>
    public bool IsNone => HeadBytes == 0 && TailBytes == 0;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => (long)HeadBytes + TailBytes;
}
