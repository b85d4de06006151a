using DmIo.Actors.Configuration;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Hosting.Configuration;
using DmIo.Io;

namespace DmIo.Hosting;

/// <summary>
/// The settings of a device in code. A property that is null has the value that is configured elsewhere, otherwise the
/// value of <c>dmio.device-defaults</c>. The keys in <c>hocon/reference.conf</c> define meanings, bounds and defaults;
/// an invalid value fails the start and names the key.
/// </summary>
public sealed class DmIoDeviceOptions
{
    private readonly HoconTree backend;

    internal DmIoDeviceOptions(HoconTree backend) => this.backend = backend;

    /// <summary>Key <c>queue-depth</c>: the limit of operations in flight; with <see cref="LatencyTarget"/>, the
    /// maximum.</summary>
    public int? QueueDepth { get; set; }

    /// <summary>Key <c>queue-depth = adaptive</c>: 1 to 64, by the device's latency. Not together with
    /// <see cref="QueueDepth"/>.</summary>
    public bool HasAdaptiveQueueDepth { get; set; }

    /// <summary>Key <c>latency-target</c>: the queue depth adapts to keep the device's latency within it.</summary>
    public TimeSpan? LatencyTarget { get; set; }

    /// <summary>Key <c>policy</c>: the order of its operations.</summary>
    public SchedulingPolicy? Policy { get; set; }

    /// <summary>Key <c>on-missing</c>: the policy if the device cannot be opened at the start.</summary>
    public MissingDevicePolicy? OnMissing { get; set; }

    /// <summary>Key <c>slow-after</c>: while the device's oldest operation in flight is older, requests that wait for
    /// the device do not block others of their lease, and readiness is degraded.</summary>
    public TimeSpan? SlowAfter { get; set; }

    /// <summary>Key <c>unhealthy-after</c>: while the oldest operation in flight is older, readiness is
    /// unhealthy.</summary>
    public TimeSpan? UnhealthyAfter { get; set; }

    /// <summary>Key <c>read-only</c>: writes, discards and zeroes fail with the status ReadOnly.</summary>
    public bool? IsReadOnly { get; set; }

    /// <summary>Key <c>create-size</c>: a missing file is created with this size, a multiple of 512 bytes.</summary>
    public ByteSize? CreateSize { get; set; }

    /// <summary>Key <c>mode</c>: how the operations of a file reach the kernel.</summary>
    public ServiceMode? Mode { get; set; }

    /// <summary>Key <c>direct</c>: a file is opened with direct I/O, which bypasses the page cache.</summary>
    public bool? IsDirect { get; set; }

    /// <summary>Key <c>read-after-failure</c>: a file can be read after a failed flush.</summary>
    public bool? ReadsAfterFailure { get; set; }

    /// <summary>Key <c>open-timeout</c>: the time limit for opening a device by URI.</summary>
    public TimeSpan? OpenTimeout { get; set; }

    internal HoconTree ToTree()
    {
        if (HasAdaptiveQueueDepth && QueueDepth is not null)
        {
            throw new InvalidOperationException(
                $"{nameof(QueueDepth)} and {nameof(HasAdaptiveQueueDepth)} exclude each other; set one of them.");
        }

        return new HoconTree(backend)
        {
            ["queue-depth"] = HasAdaptiveQueueDepth ? "adaptive" : HoconTree.TextOf(QueueDepth),
            ["latency-target"] = HoconTree.TextOf(LatencyTarget),
            ["policy"] = HoconTree.TextOf(Policy),
            ["on-missing"] = HoconTree.TextOf(OnMissing),
            ["slow-after"] = HoconTree.TextOf(SlowAfter),
            ["unhealthy-after"] = HoconTree.TextOf(UnhealthyAfter),
            ["read-only"] = HoconTree.TextOf(IsReadOnly),
            ["create-size"] = HoconTree.TextOf(CreateSize),
            ["mode"] = HoconTree.TextOf(Mode),
            ["direct"] = HoconTree.TextOf(IsDirect),
            ["read-after-failure"] = HoconTree.TextOf(ReadsAfterFailure),
            ["open-timeout"] = HoconTree.TextOf(OpenTimeout),
        };
    }
}
