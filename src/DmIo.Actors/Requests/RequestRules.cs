using DmIo.Actors.Devices;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Requests;

/// <summary>
/// The rules that a request must satisfy before any device is touched (R1 to R3). A fault is one sentence that names
/// the value, the limit and the fix. The properties of the device (capacity, supported operations) are checked later,
/// and reported in the region's status.
/// </summary>
internal static class RequestRules
{
    /// <summary>Timers count milliseconds in 32 bits.</summary>
    internal static TimeSpan MaxDeadline { get; } = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Returns the fault, or null.</summary>
    internal static string? Check(IoRequest request)
    {
        var list = request.Regions;
        if (list is IoRegion[] array)
        {
            return Check(request, array.Length, array);
        }

        var count = list?.Count ?? 0;
        return Check(request, count, count > ErrorBits.Capacity ? [] : [.. list ?? []]);
    }

    /// <summary>Checks a request whose regions are already copied.</summary>
    /// <param name="request">The request; its own list of regions is not read.</param>
    /// <param name="count">The number of its regions.</param>
    /// <param name="regions">The regions, unless they are too many.</param>
    internal static string? Check(IoRequest request, int count, ReadOnlySpan<IoRegion> regions)
    {
        if (!request.Operation.IsKnown())
        {
            return $"There is no operation {(int)request.Operation}; use one of {nameof(IoOperation)}.";
        }

        return CheckCount(request.Operation, count)
            ?? CheckOptions(request)
            ?? CheckRegions(regions)
            ?? CheckEdges(request, regions)
            ?? CheckMemory(request, regions)
            ?? CheckOverlap(request.Operation, regions);
    }

    private static string? CheckCount(IoOperation operation, int count) => (operation, count) switch
    {
        (_, <= 0) => "A request needs a region, and this has none; give 1 to 64.",
        (_, > ErrorBits.Capacity) =>
            $"A request takes at most {ErrorBits.Capacity} regions, and this has {count}; split it.",
        (_, > 1) when operation.FillsMemory() =>
            $"A read takes exactly one region, and this has {count}; send a read for each.",
        _ => null,
    };

    private static string? CheckOptions(IoRequest request)
    {
        if (request.ForceUnitAccess && !request.Operation.CanForceUnitAccess())
        {
            return $"Only a write can use force unit access (FUA), not a {request.Operation}; send a flush after it.";
        }

        if (request.Zeroing != WriteZeroesFlags.None && CheckZeroing(request) is { } fault)
        {
            return fault;
        }

        if (request.Priority is < IoPriority.BestEffort or > IoPriority.Idle)
        {
            return $"There is no priority {(int)request.Priority}; use one of {nameof(IoPriority)}.";
        }

        return request.Deadline switch
        {
            { } deadline when deadline <= TimeSpan.Zero => $"A deadline is positive, and this is {deadline}.",
            { } deadline when deadline > MaxDeadline =>
                $"A deadline is at most {MaxDeadline}, and this is {deadline}; leave it out.",
            _ => null,
        };
    }

    private static string? CheckZeroing(IoRequest request)
    {
        const WriteZeroesFlags Known = WriteZeroesFlags.NoUnmap | WriteZeroesFlags.NoFallback;
        if (!request.Operation.IsZeroing())
        {
            return $"Only write zeroes has zeroing flags ({request.Zeroing}), not a {request.Operation}.";
        }

        return (request.Zeroing & ~Known) == WriteZeroesFlags.None
            ? null
            : $"There is no zeroing flag {(int)request.Zeroing}; use those of {nameof(WriteZeroesFlags)}.";
    }

    private static string? CheckRegions(ReadOnlySpan<IoRegion> regions)
    {
        for (var index = 0; index < regions.Length; index++)
        {
            ref readonly var region = ref regions[index];
            if (string.IsNullOrEmpty(region.Device))
            {
                return $"Region {index} names no device.";
            }

            if (region.Start.Value < 0)
            {
                return $"Region {index} ({region}) starts at sector {region.Start}; sectors count from 0.";
            }

            if (region.Count.Value is < 0 or > SectorCount.MaxValue)
            {
                return $"Region {index} ({region}) has {region.Count} sectors; give 0 to {SectorCount.MaxValue}.";
            }
        }

        return null;
    }

    private static string? CheckEdges(IoRequest request, ReadOnlySpan<IoRegion> regions)
    {
        var edges = request.Edges;
        if (edges.IsNone)
        {
            return null;
        }

        if (request.Operation != IoOperation.Write)
        {
            return $"Only a write has edges, not a {request.Operation}.";
        }

        if (edges.HeadBytes < 0 || edges.TailBytes < 0)
        {
            return $"Edges are not negative, and these are {edges.HeadBytes} and {edges.TailBytes} bytes.";
        }

        for (var index = 0; index < regions.Length; index++)
        {
            if (regions[index].Count.Value > 0 && regions[index].Count.Bytes <= edges.Bytes)
            {
                return $"Region {index} ({regions[index]}) has {regions[index].Count.Bytes} bytes, and the edges keep "
                    + $"{edges.Bytes} of them; give a region of which at least one byte is written.";
            }
        }

        return null;
    }

    private static string? CheckMemory(IoRequest request, ReadOnlySpan<IoRegion> regions)
    {
        if (!request.Operation.HasData())
        {
            return request.Memory is null ? null : $"A {request.Operation} carries no data; leave its memory out.";
        }

        if (request.Memory is not { } memory)
        {
            return $"A {request.Operation} needs memory, and this has none.";
        }

        if (request.Operation.FillsMemory() && memory.IsReadOnly)
        {
            return "A read writes to its memory, and this memory is read-only.";
        }

        var largest = 0;
        for (var index = 1; index < regions.Length; index++)
        {
            largest = regions[index].Count > regions[largest].Count ? index : largest;
        }

        var needed = regions[largest].Count.Bytes;
        needed = needed == 0 ? 0 : needed - request.Edges.Bytes;
        return memory.LengthBytes >= needed
            ? null
            : $"Region {largest} ({regions[largest]}) needs {needed} bytes of memory; this has {memory.LengthBytes}.";
    }

    /// <summary>At most 64 regions, usually 3: comparing all pairs is cheaper than sorting.</summary>
    private static string? CheckOverlap(IoOperation operation, ReadOnlySpan<IoRegion> regions)
    {
        if (!operation.ChangesSectors())
        {
            return null;
        }

        for (var later = 1; later < regions.Length; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
            {
                if (regions[later].Overlaps(regions[earlier]))
                {
                    return $"Region {later} ({regions[later]}) overlaps region {earlier} ({regions[earlier]}), "
                        + "so the result would be undefined; send them one after the other.";
                }
            }
        }

        return null;
    }

    /// <summary>Copies the regions into <paramref name="snapshot"/> and checks the request. The list and the memory may
    /// be types of the caller: their exceptions are faults of the request.</summary>
    internal static string? Check(
        IoRequest request, IoRegion[] snapshot, DeviceDirectory directory, out int count, out long bouncePages)
    {
        count = 0;
        bouncePages = 0;
        try
        {
            count = request.Regions?.Count ?? 0;
            var regions = snapshot.AsSpan(0, count is >= 0 and <= ErrorBits.Capacity ? count : 0);
            for (var index = 0; index < regions.Length; index++)
            {
                regions[index] = request.Regions![index];
            }

            var fault = Check(request, count, regions);
            if (fault is null && directory.HasBouncing && request.Memory is { } memory)
            {
                bouncePages = BouncePages(directory, memory, request.Edges, regions);
            }

            return fault;
        }
        catch (Exception exception)
        {
            return $"The request's regions or memory threw an exception: {exception.Message}";
        }
    }

    /// <summary>The bounce pages of direct devices that the data needs; a region needs at most as many as its device
    /// has.</summary>
    private static long BouncePages(
        DeviceDirectory directory, IoMemory memory, WriteEdges edges, ReadOnlySpan<IoRegion> regions)
    {
        var pages = 0L;
        foreach (ref readonly var region in regions)
        {
            if (directory.TryFind(region.Device, out var entry)
                && entry.Description is { BouncePages: > 0 } device
                && !(edges.IsNone
                    && memory.IsAligned(region.Count.Bytes, device.MemoryAlignment, device.BlockSize)))
            {
                pages += Math.Min(RequestState.PagesOf(region.Count.Value), device.BouncePages);
            }
        }

        return pages;
    }
}
