namespace DmIo.TestKit.Oracle;

/// <summary>What a <see cref="DiskOracle"/> is told of the disk before anything happens to it.</summary>
public sealed record DiskOracleOptions
{
    /// <summary>What findings call it.</summary>
    public string Name { get; init; } = "the disk";

    /// <summary>Every sector reads as zeroes at first. False: nobody knows, so that a sector may hold anything until
    /// it is written.</summary>
    public bool IsBlank { get; init; } = true;

    /// <summary>What was acknowledged is certain to survive a crash only after a flush, or where it was written with
    /// FUA. False: it is durable as soon as it is acknowledged.</summary>
    public bool HasVolatileCache { get; init; } = true;

    /// <summary>What findings call the content of a sector, of which it gets the 512 bytes: where a test knows its own
    /// data again, it says which they are.</summary>
    public Func<ReadOnlySpan<byte>, string> NameOf { get; init; } = SectorText.NameOf;
}
