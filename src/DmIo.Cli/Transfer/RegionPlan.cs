using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// What can be said of the regions before a device is touched: how long they are, that they do not overlap, that the
/// input fits. A transfer goes chunk by chunk, so that the service would find these faults too late.
/// </summary>
internal static class RegionPlan
{
    /// <summary>
    /// A write: a region without a count is as long as the input, one with a count is no longer than the input.
    /// </summary>
    internal static RegionTally[] ForWrite(IReadOnlyList<TargetRegion> targets, long? inputBytes)
    {
        long? inputSectors = inputBytes is { } bytes
            ? (bytes / Sector.SizeBytes) + (bytes % Sector.SizeBytes == 0 ? 0 : 1)
            : null;
        foreach (var target in targets)
        {
            RefuseBehindTheEnd(target);
            if (target.Count is null && (inputSectors ?? 0) > target.Room)
            {
                throw new RefusedException(
                    $"the input has {inputBytes ?? 0} bytes ({inputSectors ?? 0} sectors), but from {target} to the "
                    + $"end of the device there are {target.Room} sectors; a +COUNT would write only the beginning.");
            }

            if (target.Count is { } count && count.Value > inputSectors)
            {
                throw new RefusedException(
                    $"region {target} has {count} sectors, but the input has {inputSectors} ({inputBytes} bytes); "
                    + "leave out +COUNT to write as much as there is.");
            }
        }

        RefuseOverlaps(targets, target => target.Count?.Value ?? inputSectors ?? target.Room);
        return Tally(targets);
    }

    /// <summary>Operations on known ranges: a region without a count goes to its device's end.</summary>
    internal static RegionTally[] ToDeviceEnd(IReadOnlyList<TargetRegion> targets, bool mayOverlap)
    {
        var counted = targets.Select(target => target with { Count = CountOf(target) }).ToArray();
        if (!mayOverlap)
        {
            RefuseOverlaps(counted, target => target.Count!.Value.Value);
        }

        return Tally(counted);
    }

    /// <summary>Regions to be compared: those without a count are as long as the others.</summary>
    internal static RegionTally[] ForVerify(IReadOnlyList<TargetRegion> targets)
    {
        var common = targets.FirstOrDefault(target => target.Count is not null)?.Count;
        var counted = targets
            .Select(target => target with { Count = target.Count ?? common ?? CountOf(target) })
            .ToArray();
        foreach (var target in counted.Where(target => target.Count != counted[0].Count))
        {
            throw new RefusedException(
                $"regions {counted[0]} and {target} are not equally long; give one of them a +COUNT that fits both.");
        }

        return Tally(counted);
    }

    /// <summary>A flush looks at neither sector nor count.</summary>
    internal static RegionTally[] WholeDevices(IReadOnlyList<TargetRegion> targets)
    {
        RefuseTooMany(targets);
        return [.. targets.Select((target, index) => new RegionTally(index, target))];
    }

    private static SectorCount CountOf(TargetRegion target)
    {
        RefuseBehindTheEnd(target);
        return target.Count ?? target.Room;
    }

    private static void RefuseBehindTheEnd(TargetRegion target)
    {
        if (target.Count is null && target.Room < 0)
        {
            throw new RefusedException(
                $"region {target} begins behind the device's end: it has "
                + $"{target.Description.Capacity.Sectors} sectors.");
        }
    }

    /// <summary>A region that does not lie on its device is that region's error, whatever the others do
    /// (R13).</summary>
    private static RegionTally[] Tally(IReadOnlyList<TargetRegion> targets)
    {
        RefuseTooMany(targets);
        var tallies = targets.Select((target, index) => new RegionTally(index, target)).ToArray();
        foreach (var tally in tallies.Where(tally => !tally.Region.Fits && tally.Region.Count?.Value != 0))
        {
            tally.GiveUp(RegionOutcome.OutOfRange(
                $"{tally.Region} ends behind the device's {tally.Region.Description.Capacity.Sectors} sectors."));
        }

        return tallies;
    }

    private static void RefuseTooMany(IReadOnlyList<TargetRegion> targets)
    {
        if (targets.Count > ErrorBits.Capacity)
        {
            throw new RefusedException(
                $"{targets.Count} regions are too many; a request takes up to {ErrorBits.Capacity}.");
        }
    }

    private static void RefuseOverlaps(IReadOnlyList<TargetRegion> targets, Func<TargetRegion, long> sectorsOf)
    {
        for (var left = 0; left < targets.Count; left++)
        {
            var region = targets[left].Piece(0, sectorsOf(targets[left]));
            for (var right = left + 1; right < targets.Count; right++)
            {
                if (region.Overlaps(targets[right].Piece(0, sectorsOf(targets[right]))))
                {
                    throw new RefusedException(
                        $"regions {left} ({targets[left]}) and {right} ({targets[right]}) overlap on one device; "
                        + "give them sectors of their own, with +COUNT if need be.");
                }
            }
        }
    }
}
