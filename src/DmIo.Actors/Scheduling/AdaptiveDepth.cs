namespace DmIo.Actors.Scheduling;

/// <summary>
/// Controls the number of operations in flight, so that the device is busy without a long internal queue, which no
/// scheduler can reorder. Derived from latency, as in TCP Vegas and BBR:
/// <code>
///   Unloaded --window--> Loaded --window--> Adjusting --each period--> Unloaded
///   (least depth:         (most depth:        in between, window
///    base latencies)       peak of work)       by window)
/// </code>
/// Adjusting: in a window of depth d, operations spend a share s of their latency unqueued, so d * (1 - s) of them
/// queue. Below <see cref="FewQueued"/> the depth grows, above <see cref="ManyQueued"/> it shrinks. If the device did
/// less than <see cref="EnoughWork"/> of its peak, by more than chance explains, the depth grows, and does not shrink
/// below that value until the next measurement.
/// </summary>
/// <remarks>
/// <para>
/// A disk may need an internal queue for its full rate, and then its latency is high: a lease with one operation at a
/// time would wait behind the queue of a busy lease. So the depth is limited while there is such a light lease
/// (<see cref="NoteLightLease"/>, and for <see cref="LightTime"/> after), so that operations spend
/// <see cref="LightShare"/> of their latency unqueued, at the cost of throughput. With a latency target it is always
/// limited. The limit scales in proportion, since the latency of a busy device is proportional to its depth.
/// </para>
/// <para>
/// Bases are means of a window, never single latencies: the best of many is chance, and would keep the depth too low. A
/// window in which the depth held back nothing changes nothing. A measurement takes a few milliseconds of a fast disk,
/// every <see cref="Period"/>; of a slow disk at most a twentieth of its time. Flushes are not measured.
/// </para>
/// </remarks>
internal sealed class AdaptiveDepth
{
    internal const double FewQueued = 1;

    internal const double ManyQueued = 2;

    internal const double EnoughWork = 0.93;

    /// <summary>With a light lease, operations queue in the device at most as long as they are served.</summary>
    internal const double LightShare = 0.5;

    internal static readonly TimeSpan LightTime = TimeSpan.FromMilliseconds(10);

    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>The first measurement is of a service that has just started: it is repeated after this period, which
    /// then doubles up to <see cref="Period"/>.</summary>
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMilliseconds(250);

    private const int MinSamples = 32;

    /// <summary>Bounds the reduction of one window, since its measurement may exaggerate.</summary>
    private const double MinShrinkFactor = 0.75;

    private const int SamplesPerDepth = 8;

    private const int JudgedSamples = 1024;

    private const int ProbeShare = 20;

    private static readonly TimeSpan JudgedTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongWindow = TimeSpan.FromMilliseconds(250);

    private readonly QueueDepth bounds;
    private readonly LatencyTable latencies = new();
    private Phase phase = Phase.Unloaded;
    private TimeSpan? windowStart;
    private TimeSpan probeStart;
    private TimeSpan nextProbe;
    private double peak;
    private int floor;
    private int limit;
    private TimeSpan period = FirstPeriod;
    private TimeSpan lightUntil;
    private bool hasLightLease;
    private bool isHeldBack;

    // Over many windows, since a short measurement does not distinguish work from chance.
    private double workTime;
    private TimeSpan time;
    private int count;

    internal AdaptiveDepth(QueueDepth bounds)
    {
        this.bounds = bounds;
        Unlimited = bounds.Min;
        floor = bounds.Min;
        limit = bounds.Max;
    }

    private enum Phase
    {
        Unloaded,
        Loaded,
        Adjusting,
    }

    /// <summary>The limit of operations in flight.</summary>
    internal int Current => IsLimited ? Math.Min(Unlimited, limit) : Unlimited;

    /// <summary>The depth without the limit for light leases; operations of light leases may use it.</summary>
    internal int Unlimited { get; private set; }

    private bool IsLimited => hasLightLease || bounds.LatencyTarget is not null;

    /// <summary>The number of the current window; each operation stores the window in which it was taken. Times do not
    /// suffice, since several events have the same time.</summary>
    internal int Window { get; private set; }

    /// <summary>The number of I/Os that wait only because of the depth.</summary>
    internal void HoldBack(int count) => isHeldBack |= count > 0;

    /// <summary>A lease has its only operation here, while other leases have some too.</summary>
    internal void NoteLightLease(TimeSpan now) => lightUntil = now + LightTime;

    /// <summary>Advances the time.</summary>
    internal void Advance(TimeSpan now)
    {
        var isLight = phase == Phase.Adjusting && now < lightUntil;
        if (isLight != hasLightLease)
        {
            hasLightLease = isLight;
            BeginWindow(now);
        }
    }

    /// <summary>An operation other than a flush has ended.</summary>
    internal void Completed(DispatchedOperation operation, TimeSpan now)
    {
        if (windowStart is not { } start)
        {
            start = operation.TakenAt;
            (windowStart, probeStart) = (start, start);
        }

        latencies.Add(operation, now - operation.TakenAt, isSample: operation.DepthWindow == Window);
        var elapsed = now - start;
        var isLong = elapsed >= LongWindow && latencies.Samples >= MinSamples;
        var isFull = latencies.Samples >= Math.Max(MinSamples, SamplesPerDepth * Current);
        if (elapsed > TimeSpan.Zero && (isLong || isFull))
        {
            Close(elapsed, now);
        }
    }

    private void Close(TimeSpan elapsed, TimeSpan now)
    {
        var depth = Current;
        switch (phase)
        {
            case Phase.Unloaded:
                latencies.LearnUnloaded();
                phase = Phase.Loaded;
                Set(bounds.Max);
                break;
            case Phase.Loaded:
                latencies.LearnLoaded(1.0 / Current);
                peak = latencies.Work(elapsed);
                phase = Phase.Adjusting;
                Set((int)Math.Ceiling(peak) + 1);
                floor = bounds.Min;
                (workTime, time, count) = (0, TimeSpan.Zero, 0);
                nextProbe = now + Longer(period, ProbeShare * (now - probeStart));
                period = period < Period / 2 ? 2 * period : Period;
                break;
            default:
                AdjustDepth(elapsed, now);
                break;
        }

        if (IsLimited && isHeldBack)
        {
            AdjustLimit(depth);
        }

        BeginWindow(now);
    }

    /// <param name="depth">The depth of the window.</param>
    private void AdjustLimit(int depth)
    {
        var light = hasLightLease ? LightShare / latencies.UnqueuedShare() : 0;
        var target = bounds.LatencyTarget is { } max ? latencies.Mean() / max.Ticks : 0;
        var excess = Math.Max(light, target);
        if (excess > 1)
        {
            var shrunk = (int)(depth * Math.Max(1 / excess, MinShrinkFactor));
            limit = Math.Max(bounds.Min, Math.Min(depth - 1, shrunk));
        }
        else if (depth == limit && excess * (depth + 1) <= depth)
        {
            limit = Math.Min(depth + 1, bounds.Max);
        }
    }

    private void BeginWindow(TimeSpan now)
    {
        latencies.Clear();
        Window++;
        windowStart = now;
        isHeldBack = false;
    }

    private void AdjustDepth(TimeSpan elapsed, TimeSpan now)
    {
        if (!latencies.LearnLoaded(Math.Min(1, peak / Current)) && now - probeStart > JudgedTime)
        {
            nextProbe = now;
        }

        if (!isHeldBack)
        {
            return;
        }

        if (now >= nextProbe)
        {
            phase = Phase.Unloaded;
            probeStart = now;
            Set(bounds.Min);
        }
        else if (!(IsLimited && limit < Unlimited) && !IsShort(elapsed, now))
        {
            var queued = Current * (1 - latencies.UnqueuedShare());
            Set(queued < FewQueued ? Current + 1 : queued > ManyQueued && Current > floor ? Current - 1 : Current);
        }
    }

    /// <summary>True if the device did less than its peak, so that the depth must grow.</summary>
    private bool IsShort(TimeSpan elapsed, TimeSpan now)
    {
        workTime += latencies.Work(elapsed) * elapsed.Ticks;
        time += elapsed;
        count += latencies.Samples;
        if (count < JudgedSamples && time < JudgedTime)
        {
            return false;
        }

        var (work, chance) = (workTime / time.Ticks, 3 / Math.Sqrt(count));
        (workTime, time, count) = (0, TimeSpan.Zero, 0);
        if (work < (EnoughWork - chance) * peak)
        {
            // No depth reaches the peak: the device has changed since the measurement.
            nextProbe = Current == bounds.Max && now - probeStart > JudgedTime ? now : nextProbe;
            Set(Current + Math.Max(1, Current / 4));
            floor = Current;
            return true;
        }

        peak = Math.Max(peak, work * (1 - chance));
        return false;
    }

    private void Set(int depth) => Unlimited = Math.Clamp(depth, bounds.Min, bounds.Max);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
