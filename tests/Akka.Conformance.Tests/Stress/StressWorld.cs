// The books of the stress test: who lives in which slot, and what each slot has handled. A slot's numbers are plain
// fields on purpose: they balance only if an actor runs one message at a time and sees what its predecessors wrote.

using Akka.Actor;

namespace Akka.Conformance.Tests.Stress;

internal enum Deed
{
    Count,
    Resume,
    Restart,
    Escalate,
    Die,
    StopSelf,
}

/// <summary>One message. Number counts what this driver has sent to this slot.</summary>
internal sealed record Work(int Driver, int Slot, long Number, Deed Deed);

internal sealed class StressWorld(int seed, int supervisors, int workersEach, int drivers)
{
    private readonly IActorRef[] _inhabitants = new IActorRef[supervisors * workersEach];
    private long _constructed;
    private long _stopped;

    public int Seed => seed;

    public int Drivers => drivers;

    public int WorkersEach => workersEach;

    public Slot[] Slots { get; } =
        [.. Enumerable.Range(0, supervisors * workersEach).Select(_ => new Slot(drivers))];

    public long Constructed => Volatile.Read(ref _constructed);

    public long Stopped => Volatile.Read(ref _stopped);

    public IActorRef this[int slot]
    {
        get => Volatile.Read(ref _inhabitants[slot]);
        set => Volatile.Write(ref _inhabitants[slot], value);
    }

    public void CountConstructed() => Interlocked.Increment(ref _constructed);

    public void CountStopped() => Interlocked.Increment(ref _stopped);

    /// <summary>Mostly plain work; one message in a hundred does some harm.</summary>
    public static Deed Draw(Random random) => random.Next(100_000) switch
    {
        < 2 => Deed.Escalate,
        < 100 => Deed.Die,
        < 200 => Deed.StopSelf,
        < 500 => Deed.Restart,
        < 1000 => Deed.Resume,
        _ => Deed.Count,
    };

    internal sealed class Slot(int drivers)
    {
        private readonly long[] _last = new long[drivers];

        public long Handled { get; private set; }

        public long OutOfOrder { get; private set; }

        public void Take(Work work)
        {
            Handled++;
            if (work.Number <= _last[work.Driver])
            {
                OutOfOrder++;
            }

            _last[work.Driver] = work.Number;
        }
    }
}
