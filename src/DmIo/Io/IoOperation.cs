namespace DmIo.Io;

/// <summary>The operation of a request on its regions.</summary>
public enum IoOperation
{
    /// <summary>Read exactly one region into memory.</summary>
    Read,

    /// <summary>Write the same memory to every region.</summary>
    Write,

    /// <summary>Make all data durable that was written to the named devices before the flush was issued.</summary>
    Flush,

    /// <summary>Discard the sectors; later reads of them return undefined data.</summary>
    Discard,

    /// <summary>Make the sectors read as zero, without memory that holds zeroes.</summary>
    WriteZeroes,
}

/// <summary>The traits of the operations, in one table: a new operation needs a row here. Code that handles operations
/// alike asks for traits instead of naming operations.</summary>
public static class IoOperationTraits
{
    // By operation.
    private static readonly Row[] Table =
    [
        new("read", "Reading", Trait.Range | Trait.Data | Trait.Merge),
        new("write", "Writing", Trait.Range | Trait.Data | Trait.Merge | Trait.Change | Trait.Content | Trait.Durable),
        new("flush", "The flush", Trait.None),
        new("discard", "Discarding", Trait.Range | Trait.Change),
        new("write zeroes", "Zeroing", Trait.Range | Trait.Change | Trait.Content | Trait.Zeroing),
    ];

    [Flags]
    private enum Trait
    {
        None = 0,
        Range = 1,
        Data = 2,
        Change = 4,
        Content = 8,
        Zeroing = 16,
        Durable = 32,
        Merge = 64,
    }

    /// <summary>The number of operations; they count from 0.</summary>
    internal static int Count => Table.Length;

    /// <summary>All operations, in order.</summary>
    internal static IReadOnlyList<IoOperation> All { get; } = Enum.GetValues<IoOperation>();

    /// <summary>The operation is one of <see cref="IoOperation"/>.</summary>
    public static bool IsKnown(this IoOperation operation) => (uint)operation < (uint)Table.Length;

    /// <summary>The operation has a range of sectors, which starts and ends on blocks of the device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool HasRange(this IoOperation operation) => Has(operation, Trait.Range);

    /// <summary>The operation moves data between memory and sectors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool HasData(this IoOperation operation) => Has(operation, Trait.Data);

    /// <summary>The operation moves data from sectors to memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool FillsMemory(this IoOperation operation) =>
        (Row.Of(operation).Traits & (Trait.Data | Trait.Change)) == Trait.Data;

    /// <summary>The operation changes the contents of sectors, so it conflicts with every operation on the same
    /// sectors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool ChangesSectors(this IoOperation operation) => Has(operation, Trait.Change);

    /// <summary>The operation changes sectors, and defines their contents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool DefinesContent(this IoOperation operation) => Has(operation, Trait.Content);

    /// <summary>The operation has <see cref="WriteZeroesFlags"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool IsZeroing(this IoOperation operation) => Has(operation, Trait.Zeroing);

    /// <summary>The operation can use force unit access (FUA).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool CanForceUnitAccess(this IoOperation operation) => Has(operation, Trait.Durable);

    /// <summary>Operations on adjacent ranges can be merged into one call of the device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static bool CanMerge(this IoOperation operation) => Has(operation, Trait.Merge);

    /// <summary>The name in lower case: <c>write zeroes</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public static string Name(this IoOperation operation) => Row.Of(operation).Name;

    /// <summary>The beginning of the sentence that describes the operation in progress: <c>Zeroing</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    internal static string Doing(this IoOperation operation) => Row.Of(operation).Doing;

    private static bool Has(IoOperation operation, Trait trait) => (Row.Of(operation).Traits & trait) != Trait.None;

    private readonly record struct Row(string Name, string Doing, Trait Traits)
    {
        internal static ref readonly Row Of(IoOperation operation)
        {
            if (!operation.IsKnown())
            {
                throw new ArgumentOutOfRangeException(nameof(operation), operation, "The operation is unknown.");
            }

            return ref Table[(int)operation];
        }
    }
}

/// <summary>The priority of an operation at a device (Linux: I/O priority classes).</summary>
public enum IoPriority
{
    /// <summary>The default class; leases share the device by their weights.</summary>
    BestEffort,

    /// <summary>Served before all other classes. A flood of real-time operations delays the other classes until they
    /// expire.</summary>
    RealTime,

    /// <summary>Served when no other operation waits, or when the operation has expired.</summary>
    Idle,
}

/// <summary>How sectors may be zeroed (Linux: <c>BLKDEV_ZERO_NOUNMAP</c> and <c>BLKDEV_ZERO_NOFALLBACK</c>).</summary>
[Flags]
public enum WriteZeroesFlags
{
    /// <summary>The method that is fastest and takes the least space on the device: it may deallocate sectors that then
    /// read as zero.</summary>
    None = 0,

    /// <summary>Do not deallocate: allocated sectors stay allocated, so that a later write to them does not run out of
    /// space.</summary>
    NoUnmap = 1,

    /// <summary>Zero only if that costs less than writing zeroes; otherwise the region ends as Unsupported
    /// immediately.</summary>
    NoFallback = 2,
}

/// <summary>
/// The bytes at the ends of its regions that a write preserves, for data that begins or ends inside a sector: the first
/// <paramref name="HeadBytes"/> and the last <paramref name="TailBytes"/> bytes of a region. The device reads these
/// bytes and writes them back with the data, while conflicting writes wait: concurrent writers of neighboring bytes
/// lose no data.
/// </summary>
/// <param name="HeadBytes">The number of bytes at the beginning, not negative.</param>
/// <param name="TailBytes">The number of bytes at the end, not negative. Head and tail together leave at least one byte
/// of each region.</param>
/// <remarks>Keep both shorter than a block of the device: longer edges claim whole blocks that are not
/// written.</remarks>
public readonly record struct WriteEdges(int HeadBytes, int TailBytes)
{
    /// <summary>No bytes are preserved: the data consists of whole sectors.</summary>
    public bool IsNone => HeadBytes == 0 && TailBytes == 0;

    /// <summary>The number of preserved bytes.</summary>
    public long Bytes => (long)HeadBytes + TailBytes;
}
