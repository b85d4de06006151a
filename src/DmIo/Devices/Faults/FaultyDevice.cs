using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device that fails by rules: the first rule that fires ends the call, which then reaches the inner device only for
/// the partial bytes of the rule. The same seed and the same calls give the same failures. Rules may be changed while
/// the device is in use.
/// </summary>
public sealed class FaultyDevice : DeviceDecorator
{
    private readonly Lock gate = new();
    private readonly Random random;
    private readonly List<ArmedRule> rules = [];
    private long failures;

    /// <summary>Puts faults in front of a device.</summary>
    /// <param name="inner">The device, which becomes this one's.</param>
    /// <param name="seed">For the rules' probabilities. Print it where a test fails.</param>
    /// <param name="rules">In the order in which they are asked.</param>
    public FaultyDevice(IBlockDevice inner, int seed, params FaultRule[] rules)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(rules);
        Description = Flushed(inner);
        random = new Random(seed);
        foreach (var rule in rules)
        {
            Add(rule);
        }
    }

    /// <summary>The inner device's, and that flushes are called for, so that rules for them can fire.</summary>
    public override DeviceDescription Description { get; }

    /// <summary>How many calls it has failed.</summary>
    public long Failures => Interlocked.Read(ref failures);

    /// <summary>Appends a rule; its counts begin now.</summary>
    public void Add(FaultRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentOutOfRangeException.ThrowIfEqual(rule.Code, IoStatusCode.Ok, nameof(rule));
        lock (gate)
        {
            rules.Add(new ArmedRule(rule));
        }
    }

    /// <summary>Removes every rule: the device works again.</summary>
    public void Heal()
    {
        lock (gate)
        {
            rules.Clear();
        }
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var rule = Fire(IoOperation.Read, start, SectorsOf(destination));
        return rule is null
            ? base.ReadAsync(start, destination)
            : FailAsync(new DataCall(Inner, IsRead: true, ForceUnitAccess: false), start, destination, rule);
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        var rule = Fire(IoOperation.Write, start, SectorsOf(source));
        return rule is null
            ? base.WriteAsync(start, source, forceUnitAccess)
            : FailAsync(new DataCall(Inner, IsRead: false, forceUnitAccess), start, source, rule);
    }

    /// <inheritdoc/>
    public override ValueTask<IoStatus> FlushAsync() =>
        Fire(IoOperation.Flush, default, default) is { } rule
            ? new(StatusOf(rule, IoOperation.Flush))
            : base.FlushAsync();

    /// <summary>A flush, to the rules. A device that loses nothing by itself confirms what passed them.</summary>
    public override ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        Fire(IoOperation.Flush, default, default) is { } rule
            ? new(StatusOf(rule, IoOperation.Flush))
            : base.ConfirmAcceptedAsync();

    /// <inheritdoc/>
    public override ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        Fire(IoOperation.Discard, start, count) is { } rule
            ? new(StatusOf(rule, IoOperation.Discard))
            : base.DiscardAsync(start, count);

    /// <inheritdoc/>
    public override ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        Fire(IoOperation.WriteZeroes, start, count) is { } rule
            ? new(StatusOf(rule, IoOperation.WriteZeroes))
            : base.WriteZeroesAsync(start, count, flags);

    private static async ValueTask<TransferResult> FailAsync(
        DataCall call, Sector start, SegmentBatch batch, FaultRule rule)
    {
        var status = StatusOf(rule, call.IsRead ? IoOperation.Read : IoOperation.Write);
        var partialBytes = Math.Min(rule.PartialTransfer.Bytes, batch.LengthBytes);
        if (partialBytes <= 0)
        {
            return TransferResult.Failed(status);
        }

        var part = new SegmentBatch();
        part.AddFrom(batch, skipBytes: 0, partialBytes);
        var moved = await call.IssueAsync(start, part);
        return moved.Status.IsOk ? new TransferResult(moved.Bytes, status) : moved;
    }

    private static IoStatus StatusOf(FaultRule rule, IoOperation operation) =>
        new(rule.Code, new IoFailure($"{operation} was made to fail by a fault rule.", rule.Errno));

    private static SectorCount SectorsOf(SegmentBatch batch) =>
        (batch.LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes;

    private FaultRule? Fire(IoOperation operation, Sector start, SectorCount count)
    {
        lock (gate)
        {
            foreach (var rule in rules)
            {
                if (rule.Rule.Filter.Matches(operation, start, count) && rule.Fires(random))
                {
                    failures++;
                    return rule.Rule;
                }
            }

            return null;
        }
    }

    /// <summary>A rule and its counts. Used under the gate.</summary>
    private sealed class ArmedRule(FaultRule rule)
    {
        private long seen;
        private long fired;

        internal FaultRule Rule => rule;

        internal bool Fires(Random random)
        {
            seen++;
            if (seen <= rule.After || fired >= rule.AtMost
                || (rule.Probability < 1 && random.NextDouble() >= rule.Probability))
            {
                return false;
            }

            fired++;
            return true;
        }
    }
}
