namespace DmIo.Volumes.Tests.Simulation;

/// <summary>Simulated time: what happens when. Events of one time happen in the order in which they were
/// added.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Action, (TimeSpan Due, long Number)> events = new();
    private long added;

    /// <summary>The time since the beginning.</summary>
    internal TimeSpan Now { get; private set; }

    /// <summary>The events that have happened.</summary>
    internal long Steps { get; private set; }

    internal void After(TimeSpan delay, Action happens) => events.Enqueue(happens, (Now + delay, added++));

    /// <summary>The next event happens.</summary>
    internal void RunNext()
    {
        if (!events.TryDequeue(out var happens, out var when))
        {
            throw new InvalidOperationException("Nothing happens any more.");
        }

        Now = when.Due;
        Steps++;
        happens();
    }
}
