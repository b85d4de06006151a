using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device that fails according to rules. The first rule that applies fails the call; the inner device then gets only
/// the partial transfer of the rule, if there is one. The same seed and the same calls give the same failures. Rules
/// may be changed while the device is in use.
/// </summary>
public sealed class FaultyDevice : DeviceDecorator
{
    private readonly Lock gate = new();
    private readonly Random random;
    private readonly List<ArmedRule> rules = [];
    private long failures;

    /// <summary>Wraps a device.</summary>
    /// <param name="inner">The inner device; disposed of with this one.</param>
    /// <param name="seed">The seed of the random numbers for the probabilities of the rules. Print it when a test
    /// fails.</param>
    /// <param name="rules">The rules, in the order in which they are checked.</param>
    public FaultyDevice(IBlockDevice inner, int seed, params FaultRule[] rules)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(rules);
        Description = WithVolatileCache(inner);
        random = new Random(seed);
        foreach (var rule in rules)
        {
            Add(rule);
        }
    }

    /// <summary>The description of the inner device, but with a volatile cache, so that rules for flushes can
    /// apply.</summary>
    public override DeviceDescription Description { get; }

    /// <summary>The number of calls that a rule has failed.</summary>
    public long Failures => Interlocked.Read(ref failures);

    /// <summary>Appends a rule, which counts calls from now on.</summary>
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
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        Fire(operation) is { } rule ? FailAsync(operation, rule) : base.SubmitAsync(operation);

    /// <summary>Counts as a flush for the rules. If no rule applies and the inner device loses no data, it confirms the
    /// data that passed the rules.</summary>
    public override ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        Fire(DeviceOperation.Flush()) is { } rule
            ? new(StatusOf(rule, IoOperation.Flush))
            : base.ConfirmAcceptedAsync();

    private async ValueTask<TransferResult> FailAsync(DeviceOperation operation, FaultRule rule)
    {
        var status = StatusOf(rule, operation.Kind);
        if (operation.Data is not { } data || rule.PartialTransfer.Bytes <= 0 || data.LengthBytes == 0)
        {
            return TransferResult.Failed(status);
        }

        var part = new SegmentBatch();
        part.AddFrom(data, skipBytes: 0, Math.Min(rule.PartialTransfer.Bytes, data.LengthBytes));
        var moved = await Inner.SubmitAsync(operation.With(part));
        return moved.Status.IsOk ? new TransferResult(moved.Bytes, status) : moved;
    }

    private static IoStatus StatusOf(FaultRule rule, IoOperation operation) =>
        new(rule.Code, new IoFailure($"{operation} was made to fail by a fault rule.", rule.Errno));

    private FaultRule? Fire(in DeviceOperation operation)
    {
        lock (gate)
        {
            foreach (var rule in rules)
            {
                if (rule.Rule.Filter.Matches(operation) && rule.Fires(random))
                {
                    failures++;
                    return rule.Rule;
                }
            }

            return null;
        }
    }

    /// <summary>A rule and its counts. Accessed only under the gate.</summary>
    private sealed class ArmedRule(FaultRule rule)
    {
        private long seen;
        private long fired;

        internal FaultRule Rule => rule;

        internal bool Fires(Random random)
        {
            seen++;
            if (seen <= rule.After || fired >= rule.MaxCount
                || (rule.Probability < 1 && random.NextDouble() >= rule.Probability))
            {
                return false;
            }

            fired++;
            return true;
        }
    }
}
