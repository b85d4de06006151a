using DmIo.Io;

namespace DmIo.Devices;

/// <summary>
/// A device in the memory of this process; its contents are lost when the process ends. The device is thinly
/// provisioned: an extent of 1 MiB is allocated at the first write that touches it, so that even a device of a terabyte
/// uses memory only for the extents that were written. Every operation completes before its call returns.
/// </summary>
/// <remarks>
/// Discarded sectors read as zero, and the memory of extents that are discarded (or zeroed) as a whole is freed. There
/// is no cache in front of the memory, so a flush does nothing. If there is not enough memory, a write fails with
/// ENOMEM. Operations that do not overlap may be called from several threads at the same time.
/// </remarks>
public sealed class MemoryDevice : IBlockDevice
{
    private const int ExtentBytes = 1 << 20;
    private const int ExtentSectors = ExtentBytes / Sector.SizeBytes;

    private readonly byte[]?[] extents;
    private volatile bool isClosed;

    /// <summary>Creates a device on which every sector reads as zero.</summary>
    /// <param name="capacity">The size: a multiple of 512 bytes, 512 bytes to 2 PiB.</param>
    public MemoryDevice(ByteSize capacity)
    {
        DeviceDescription.RequireCapacity(capacity, ByteSize.FromBytes((long)Array.MaxLength * ExtentBytes));
        extents = new byte[((capacity.Bytes - 1) / ExtentBytes) + 1][];
        Description = new DeviceDescription
        {
            Backend = "memory",
            Mode = ServiceMode.Inline,
            Capacity = capacity,
            MaxDiscard = capacity,
            MaxWriteZeroes = capacity,
            HasFastWriteZeroes = true,
            HasVolatileCache = false,
            IsExclusive = true,
        };
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <summary>The allocated memory, in whole extents.</summary>
    public ByteSize Allocated => ByteSize.FromBytes((long)extents.Count(extent => extent is not null) * ExtentBytes);

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => new(operation.Kind switch
    {
        IoOperation.Read => Read(operation),
        IoOperation.Write => Write(operation),
        IoOperation.Flush => default,
        IoOperation.Discard or IoOperation.WriteZeroes => Zero(operation),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, null),
    });

    /// <inheritdoc/>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max)
    {
        var found = new List<DeviceExtent>();
        var end = start.Value + count.Value;
        for (var at = start.Value; at < end && found.Count < max;)
        {
            var first = at;
            var isHole = IsHole(at);
            do
            {
                at = Math.Min(end, ((at / ExtentSectors) + 1) * ExtentSectors);
            }
            while (at < end && IsHole(at) == isHole);
            found.Add(new DeviceExtent(at - first, isHole ? ExtentKind.Hole : ExtentKind.Data));
        }

        // Or what is being given back would pass for holes.
        ObjectDisposedException.ThrowIf(isClosed, this);
        return found;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        isClosed = true;
        Array.Clear(extents);
        return default;
    }

    private TransferResult Read(in DeviceOperation operation)
    {
        var position = operation.OffsetBytes;
        foreach (var segment in operation.Batch.Segments)
        {
            for (var rest = segment.Span; !rest.IsEmpty;)
            {
                var (index, offset, length) = Locate(position, rest.Length);
                var extent = Volatile.Read(ref extents[index]);
                if (extent is null)
                {
                    rest[..length].Clear();
                }
                else
                {
                    extent.AsSpan(offset, length).CopyTo(rest);
                }

                rest = rest[length..];
                position += length;
            }
        }

        return TransferResult.Moved(operation.Batch.LengthBytes);
    }

    private TransferResult Write(in DeviceOperation operation)
    {
        var first = operation.OffsetBytes;
        var position = first;
        try
        {
            foreach (var segment in operation.Batch.Segments)
            {
                for (ReadOnlySpan<byte> rest = segment.Span; !rest.IsEmpty;)
                {
                    var (index, offset, length) = Locate(position, rest.Length);
                    rest[..length].CopyTo(Extent(index).AsSpan(offset));
                    rest = rest[length..];
                    position += length;
                }
            }
        }
        catch (OutOfMemoryException exception)
        {
            return new TransferResult(position - first, Errno.StatusOf(exception, "Allocating the written extent"));
        }

        return TransferResult.Moved(operation.Batch.LengthBytes);
    }

    private TransferResult Zero(in DeviceOperation operation)
    {
        var position = operation.OffsetBytes;
        for (var remaining = operation.LengthBytes; remaining > 0;)
        {
            var (index, offset, length) = Locate(position, remaining);
            if (length == ExtentBytes && !operation.Zeroing.HasFlag(WriteZeroesFlags.NoUnmap))
            {
                Volatile.Write(ref extents[index], null);
            }
            else
            {
                Volatile.Read(ref extents[index])?.AsSpan(offset, length).Clear();
            }

            position += length;
            remaining -= length;
        }

        return default;
    }

    private bool IsHole(long sector) => Volatile.Read(ref extents[sector / ExtentSectors]) is null;

    private static (int Index, int Offset, int Length) Locate(long position, long maxLength)
    {
        var offset = (int)(position % ExtentBytes);
        return ((int)(position / ExtentBytes), offset, (int)Math.Min(maxLength, ExtentBytes - offset));
    }

    private byte[] Extent(int index)
    {
        var extent = Volatile.Read(ref extents[index]);
        if (extent is not null)
        {
            return extent;
        }

        var fresh = new byte[ExtentBytes];
        return Interlocked.CompareExchange(ref extents[index], fresh, null) ?? fresh;
    }
}
