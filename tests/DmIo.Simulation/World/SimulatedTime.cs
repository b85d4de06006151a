namespace DmIo.Simulation;

/// <summary>Time as devices see it: the <see cref="Agenda"/>'s.</summary>
internal sealed class SimulatedTime(Agenda agenda) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => agenda.NowTicks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + agenda.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(agenda, () => callback(state), dueTime, period);

    private sealed class Timer : ITimer
    {
        private readonly Agenda agenda;
        private readonly Action callback;
        private Agenda.DueAction? next;

        internal Timer(Agenda agenda, Action callback, TimeSpan dueTime, TimeSpan period)
        {
            this.agenda = agenda;
            this.callback = callback;
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime >= TimeSpan.Zero)
            {
                next = agenda.After(dueTime, () => Fire(period));
            }

            return true;
        }

        public void Dispose()
        {
            if (next is not null)
            {
                next.IsCancelled = true;
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
