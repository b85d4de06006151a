namespace DmIo.Actors.Scheduling;

/// <summary>
/// How many operations to have in flight, so that the device is busy and yet has no long queue inside, where nothing
/// can be put ahead of anything. From latency, as TCP Vegas and BBR do it:
/// <code>
///   Unloaded --window--> Loaded --window--> Steering --now and then--> Unloaded
///   (least depth:         (most depth:        in between, window
///    base latencies)       peak of work)       by window)
/// </code>
/// Steering: in a window of depth d, operations spend a share s of their latency unqueued, so d * (1 - s) of them
/// queue. Below <see cref="FewQueued"/> the depth grows, above <see cref="ManyQueued"/> it shrinks; but where the
/// device did less than <see cref="EnoughWork"/> of its peak, by more than chance explains, it grows, and does not go
/// below that again until it is measured anew.
/// </summary>
/// <remarks>
/// <para>
/// A disk may need a queue inside for its full rate, and then answers late: a lease with one operation at a time would
/// wait behind what a flood needs. So the depth is limited while there is such a lease (<see cref="MeetLight"/>, and
/// for <see cref="LightTime"/> after), so that operations spend <see cref="LightShare"/> of their latency unqueued;
/// what the disk does less meanwhile is the price. It is always limited where there is a target of latency. By
/// proportion, since the latency of a busy device grows as its depth.
/// </para>
/// <para>
/// Bases are means of a window, never single latencies: the best of many is luck, and would hold the depth down. A
/// window in which nothing was held back by the depth changes nothing. Measuring anew takes a few milliseconds of a
/// fast disk, every <see cref="Period"/>; of a slow one a twentieth of its time at most. Flushes are no part of it.
/// </para>
/// </remarks>
internal sealed class AdaptiveDepth
{
    internal const double FewQueued = 1;

    internal const double ManyQueued = 2;

    internal const double EnoughWork = 0.93;

    /// <summary>Beside a light lease, operations shall queue in the device no longer than they are served.</summary>
    internal const double LightShare = 0.5;

    internal static readonly TimeSpan LightTime = TimeSpan.FromMilliseconds(10);

    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>What is measured first is a service that has just begun: soon again, and then in twice the time each,
    /// up to <see cref="Period"/>.</summary>
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMilliseconds(250);

    private const int LeastSamples = 32;

    /// <summary>One window may show more than there is.</summary>
    private const double LeastShrunk = 0.75;

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
    private bool isBesideLight;
    private bool isHeldBack;

    // Of many windows: work is judged when there are enough to tell it from chance.
    private double workTime;
    private TimeSpan time;
    private int count;

    internal AdaptiveDepth(QueueDepth bounds)
    {
        this.bounds = bounds;
        Unlimited = bounds.Least;
        floor = bounds.Least;
        limit = bounds.Most;
    }

    private enum Phase
    {
        Unloaded,
        Loaded,
        Steering,
    }

    /// <summary>How many there are to be in flight.</summary>
    internal int Current => IsLimited ? Math.Min(Unlimited, limit) : Unlimited;

    /// <summary>The same without any limit; light leases' operations may go beside the others up to this.</summary>
    internal int Unlimited { get; private set; }

    private bool IsLimited => isBesideLight || bounds.LatencyTarget is not null;

    /// <summary>The number of the window; every operation keeps that in which it was given out. Times would not do:
    /// many things happen at the same time.</summary>
    internal int Window { get; private set; }

    /// <summary>So many wait that only the depth keeps from going.</summary>
    internal void HoldBack(int count) => isHeldBack |= count > 0;

    /// <summary>A lease wants its only operation, while other leases have some.</summary>
    internal void MeetLight(TimeSpan now) => lightUntil = now + LightTime;

    /// <summary>The time goes on.</summary>
    internal void Pass(TimeSpan now)
    {
        var isLight = phase == Phase.Steering && now < lightUntil;
        if (isLight != isBesideLight)
        {
            isBesideLight = isLight;
            BeginWindow(now);
        }
    }

    /// <summary>One that was no flush has ended.</summary>
    internal void Completed(DeviceOperation operation, TimeSpan now)
    {
        if (windowStart is not { } start)
        {
            start = operation.TakenAt;
            (windowStart, probeStart) = (start, start);
        }

        latencies.Add(operation, now - operation.TakenAt, isSample: operation.DepthWindow == Window);
        var elapsed = now - start;
        var isLong = elapsed >= LongWindow && latencies.Samples >= LeastSamples;
        var isFull = latencies.Samples >= Math.Max(LeastSamples, SamplesPerDepth * Current);
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
                Set(bounds.Most);
                break;
            case Phase.Loaded:
                latencies.LearnLoaded(1.0 / Current);
                peak = latencies.Work(elapsed);
                phase = Phase.Steering;
                Set((int)Math.Ceiling(peak) + 1);
                floor = bounds.Least;
                (workTime, time, count) = (0, TimeSpan.Zero, 0);
                nextProbe = now + Longer(period, ProbeShare * (now - probeStart));
                period = period < Period / 2 ? 2 * period : Period;
                break;
            default:
                Steer(elapsed, now);
                break;
        }

        if (IsLimited && isHeldBack)
        {
            SteerLimit(depth);
        }

        BeginWindow(now);
    }

    /// <param name="depth">That of the window.</param>
    private void SteerLimit(int depth)
    {
        var beside = isBesideLight ? LightShare / latencies.UnqueuedShare() : 0;
        var target = bounds.LatencyTarget is { } most ? latencies.Mean() / most.Ticks : 0;
        var excess = Math.Max(beside, target);
        if (excess > 1)
        {
            var shrunk = (int)(depth * Math.Max(1 / excess, LeastShrunk));
            limit = Math.Max(bounds.Least, Math.Min(depth - 1, shrunk));
        }
        else if (depth == limit && excess * (depth + 1) <= depth)
        {
            limit = Math.Min(depth + 1, bounds.Most);
        }
    }

    private void BeginWindow(TimeSpan now)
    {
        latencies.Clear();
        Window++;
        windowStart = now;
        isHeldBack = false;
    }

    private void Steer(TimeSpan elapsed, TimeSpan now)
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
            Set(bounds.Least);
        }
        else if (!(IsLimited && limit < Unlimited) && !IsShort(elapsed, now))
        {
            var queued = Current * (1 - latencies.UnqueuedShare());
            Set(queued < FewQueued ? Current + 1 : queued > ManyQueued && Current > floor ? Current - 1 : Current);
        }
    }

    /// <summary>Grows where the device does less than it can.</summary>
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
            // No depth would do: it is not the device that was measured.
            nextProbe = Current == bounds.Most && now - probeStart > JudgedTime ? now : nextProbe;
            Set(Current + Math.Max(1, Current / 4));
            floor = Current;
            return true;
        }

        peak = Math.Max(peak, work * (1 - chance));
        return false;
    }

    private void Set(int depth) => Unlimited = Math.Clamp(depth, bounds.Least, bounds.Most);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
