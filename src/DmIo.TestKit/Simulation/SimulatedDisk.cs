using DmIo.Devices;
using DmIo.Io;

namespace DmIo.TestKit.Simulation;

/// <summary>
/// The storage of a <see cref="SimulatedDevice"/>: a medium, and a volatile cache in front of it. It outlives its
/// devices, as a disk outlives the processes that open it: after <see cref="Crash"/>, open another device. Not
/// thread-safe.
/// </summary>
/// <remarks>
/// A sector is written as a whole or not at all. Reads return the last write; a write is certain to survive a crash
/// only if it was flushed, or written with FUA; any part of the other writes may survive.
/// </remarks>
public sealed class SimulatedDisk
{
    private readonly Random random;
    private readonly byte[] content;
    private readonly byte[] medium;
    private readonly long[] mediumNumbers;
    private readonly ExtentKind[] contentKinds;
    private readonly ExtentKind[] mediumKinds;
    private readonly List<Change> cached = [];
    private readonly List<IWriteInFlight> inFlight = [];
    private long lastNumber;

    /// <summary>Creates a disk on which every sector reads as zero.</summary>
    /// <param name="capacity">The size: a multiple of 512 bytes, at least 512 bytes and less than 2 GiB. The disk uses
    /// twice as much memory.</param>
    /// <param name="seed">Determines the contents after a crash.</param>
    public SimulatedDisk(ByteSize capacity, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity.Bytes, Sector.SizeBytes, nameof(capacity));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity.Bytes, Array.MaxLength, nameof(capacity));
        ArgumentOutOfRangeException.ThrowIfNotEqual(capacity.IsWholeSectors, true, nameof(capacity));
        var sectors = capacity.Sectors.Value;
        Capacity = capacity;
        random = new Random(seed);
        content = new byte[capacity.Bytes];
        medium = new byte[capacity.Bytes];
        mediumNumbers = new long[sectors];
        contentKinds = new ExtentKind[sectors];
        Array.Fill(contentKinds, ExtentKind.Hole);
        mediumKinds = [.. contentKinds];
    }

    /// <summary>The size of the disk.</summary>
    public ByteSize Capacity { get; }

    /// <summary>The number of power failures.</summary>
    internal int Crashes { get; private set; }

    /// <summary>Returns the data that a read returns now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie within the capacity.</exception>
    public ReadOnlyMemory<byte> Peek(Sector start, SectorCount count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count.Value, nameof(count));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity.Sectors);
        ArgumentOutOfRangeException.ThrowIfNegative(start.Value, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            start.Value, Capacity.Sectors.Value - count.Value, nameof(start));
        return content.AsMemory((int)(start.Value * Sector.SizeBytes), (int)count.Bytes);
    }

    /// <summary>
    /// Simulates a power failure. Of each write that was not durable, and of each write in flight, a part is present
    /// afterwards: none, all, a prefix, a suffix, or some sectors. Devices that had the disk open no longer complete
    /// any call.
    /// </summary>
    public void Crash()
    {
        foreach (var change in cached)
        {
            Persist(change, DrawTear(change.Data.Length / Sector.SizeBytes));
        }

        foreach (var write in inFlight)
        {
            var data = write.Data();
            Persist(new Change(++lastNumber, write.Start, data, write.Kind), DrawTear(data.Length / Sector.SizeBytes));
        }

        Crashes++;
        cached.Clear();
        inFlight.Clear();
        medium.CopyTo(content, 0);
        mediumKinds.CopyTo(contentKinds, 0);
    }

    internal void Begin(IWriteInFlight write) => inFlight.Add(write);

    internal void End(IWriteInFlight write) => inFlight.Remove(write);

    internal void Read(Sector start, Span<byte> destination) =>
        content.AsSpan((int)(start.Value * Sector.SizeBytes), destination.Length).CopyTo(destination);

    /// <summary>The extents of the sectors. Thread-safe.</summary>
    internal List<DeviceExtent> Extents(Sector start, SectorCount count, int max)
    {
        var extents = new List<DeviceExtent>();
        var end = start.Value + count.Value;
        for (var at = start.Value; at < end && extents.Count < max;)
        {
            var (first, kind) = (at, contentKinds[at]);
            while (++at < end && contentKinds[at] == kind)
            {
            }

            extents.Add(new DeviceExtent(at - first, kind));
        }

        return extents;
    }

    /// <summary>Writes the sectors for which <paramref name="isWritten"/> returns true.</summary>
    internal void Write(IWriteInFlight write, Sector start, bool isDurable, Func<int, bool> isWritten)
    {
        var data = write.Data();
        var change = new Change(++lastNumber, start, data, write.Kind);
        for (var index = 0; index < data.Length / Sector.SizeBytes; index++)
        {
            if (isWritten(index))
            {
                Copy(change, index, content);
                contentKinds[start.Value + index] = change.Kind;
            }
        }

        if (isDurable)
        {
            Persist(change, isWritten);
        }
        else
        {
            cached.Add(change with { IsWritten = isWritten });
        }
    }

    /// <summary>The last write that a flush covers that is issued now.</summary>
    internal long FlushPoint() => lastNumber;

    /// <summary>Completes the flush that was issued at this point.</summary>
    internal void Flush(long point)
    {
        foreach (var change in cached.TakeWhile(change => change.Number <= point))
        {
            Persist(change, static _ => true);
        }

        cached.RemoveAll(change => change.Number <= point);
    }

    /// <summary>A random part of this number of sectors, in one of the ways in which a write tears.</summary>
    internal Func<int, bool> DrawTear(int sectors)
    {
        var border = random.Next(sectors + 1);
        var seed = random.Next();
        return random.Next(5) switch
        {
            0 => static _ => false,
            1 => static _ => true,
            2 => index => index < border,
            3 => index => index >= border,
            _ => index => new Random(seed + index).Next(2) == 0,
        };
    }

    private void Persist(Change change, Func<int, bool> isPresent)
    {
        for (var index = 0; index < change.Data.Length / Sector.SizeBytes; index++)
        {
            var sector = change.Start.Value + index;
            if (mediumNumbers[sector] < change.Number && change.IsWritten(index) && isPresent(index))
            {
                mediumNumbers[sector] = change.Number;
                Copy(change, index, medium);
                mediumKinds[sector] = change.Kind;
            }
        }
    }

    private static void Copy(Change change, int index, byte[] to) =>
        change.Data.AsSpan(index * Sector.SizeBytes, Sector.SizeBytes)
            .CopyTo(to.AsSpan((int)(change.Start.Value + index) * Sector.SizeBytes));

    private sealed record Change(long Number, Sector Start, byte[] Data, ExtentKind Kind)
    {
        internal Func<int, bool> IsWritten { get; init; } = static _ => true;
    }
}

/// <summary>A write in flight at a device: a part of it may survive a crash.</summary>
internal interface IWriteInFlight
{
    Sector Start { get; }

    /// <summary>The kind of its sectors after the write.</summary>
    ExtentKind Kind { get; }

    byte[] Data();
}
