namespace DmIo.TestKit.Simulation;

/// <summary>The time provider for devices and tests, with the time of the <see cref="SimulatedRuntime"/>.</summary>
internal sealed class SimulatedTime(SimulatedRuntime runtime) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => runtime.NowTicks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + runtime.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new Timer(runtime, () => callback(state), dueTime, period);
    }

    private sealed class Timer : ITimer
    {
        private readonly SimulatedRuntime runtime;
        private readonly Action callback;
        private SimulatedRuntime.Timer? next;

        internal Timer(SimulatedRuntime runtime, Action callback, TimeSpan dueTime, TimeSpan period)
        {
            this.runtime = runtime;
            this.callback = callback;
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime >= TimeSpan.Zero)
            {
                next = runtime.After(dueTime, () => Fire(period));
            }

            return true;
        }

        public void Dispose()
        {
            if (next is not null)
            {
                next.IsCanceled = true;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire(TimeSpan period)
        {
            if (period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            callback();
        }
    }
}
