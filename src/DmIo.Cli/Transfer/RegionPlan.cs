using DmIo.Cli.Exit;
using DmIo.Cli.Service;
using DmIo.Io;

namespace DmIo.Cli.Transfer;

/// <summary>
/// Checks the regions of a command before its first I/O: length, overlap, room for the input. A transfer goes chunk by
/// chunk, so the service would report these errors only after the first chunks.
/// </summary>
internal static class RegionPlan
{
    /// <summary>For a write. A region without a count is as long as the input; a region with a count must not be longer
    /// than the input.</summary>
    internal static RegionState[] ForWrite(IReadOnlyList<TargetRegion> targets, long? inputBytes)
    {
        long? inputSectors = inputBytes is { } bytes
            ? (bytes / Sector.SizeBytes) + (bytes % Sector.SizeBytes == 0 ? 0 : 1)
            : null;
        foreach (var target in targets)
        {
            RefuseBeyondTheEnd(target);
            if (target.Count is null && (inputSectors ?? 0) > target.Room)
            {
                throw new RefusedException(
                    $"the input has {inputBytes ?? 0} bytes ({inputSectors ?? 0} sectors), but from {target} to the "
                    + $"end of the device there are {target.Room} sectors; with a +COUNT only its start is written.");
            }

            if (target.Count is { } count && count.Value > inputSectors)
            {
                throw new RefusedException(
                    $"region {target} has {count} sectors, but the input has {inputSectors} ({inputBytes} bytes); "
                    + "omit +COUNT to write the whole input.");
            }
        }

        RefuseOverlaps(targets, target => target.Count?.Value ?? inputSectors ?? target.Room);
        return StatesOf(targets);
    }

    /// <summary>For operations on known ranges. A region without a count ends at the end of its device.</summary>
    internal static RegionState[] ToDeviceEnd(IReadOnlyList<TargetRegion> targets, bool mayOverlap)
    {
        var counted = targets.Select(target => target with { Count = CountOf(target) }).ToArray();
        if (!mayOverlap)
        {
            RefuseOverlaps(counted, target => target.Count!.Value.Value);
        }

        return StatesOf(counted);
    }

    /// <summary>For a comparison. Regions without a count are as long as the others.</summary>
    internal static RegionState[] ForVerify(IReadOnlyList<TargetRegion> targets)
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

        return StatesOf(counted);
    }

    /// <summary>For a flush, which ignores sector and count.</summary>
    internal static RegionState[] WholeDevices(IReadOnlyList<TargetRegion> targets)
    {
        RefuseTooMany(targets);
        return [.. targets.Select((target, index) => new RegionState(index, target))];
    }

    private static SectorCount CountOf(TargetRegion target)
    {
        RefuseBeyondTheEnd(target);
        return target.Count ?? target.Room;
    }

    private static void RefuseBeyondTheEnd(TargetRegion target)
    {
        if (target.Count is null && target.Room < 0)
        {
            throw new RefusedException(
                $"region {target} starts beyond the end of the device, which has "
                + $"{target.Description.Capacity.Sectors} sectors.");
        }
    }

    /// <summary>A region that is not within its device fails alone, without an effect on other regions
    /// (R13).</summary>
    private static RegionState[] StatesOf(IReadOnlyList<TargetRegion> targets)
    {
        RefuseTooMany(targets);
        var states = targets.Select((target, index) => new RegionState(index, target)).ToArray();
        foreach (var state in states.Where(state => !state.Region.Fits && state.Region.Count?.Value != 0))
        {
            state.GiveUp(RegionOutcome.OutOfRange(
                $"{state.Region} ends beyond the {state.Region.Description.Capacity.Sectors} sectors of the device."));
        }

        return states;
    }

    private static void RefuseTooMany(IReadOnlyList<TargetRegion> targets)
    {
        if (targets.Count > ErrorBits.Capacity)
        {
            throw new RefusedException(
                $"{targets.Count} regions are too many; a request has at most {ErrorBits.Capacity}.");
        }
    }

    private static void RefuseOverlaps(IReadOnlyList<TargetRegion> targets, Func<TargetRegion, long> sectorsOf)
    {
        for (var left = 0; left < targets.Count; left++)
        {
            var region = targets[left].Range(0, sectorsOf(targets[left]));
            for (var right = left + 1; right < targets.Count; right++)
            {
                if (region.Overlaps(targets[right].Range(0, sectorsOf(targets[right]))))
                {
                    throw new RefusedException(
                        $"regions {left} ({targets[left]}) and {right} ({targets[right]}) overlap on one device; "
                        + "give each of them separate sectors, with +COUNT if necessary.");
                }
            }
        }
    }
}
