using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary><see cref="IoPriority"/> in the order in which classes go.</summary>
internal enum PriorityClass
{
    RealTime,
    BestEffort,
    Idle,
}

/// <summary>From users' words to the queue's order.</summary>
internal static class PriorityClasses
{
    internal const int Count = 3;

    internal static PriorityClass Of(IoPriority priority) => priority switch
    {
        IoPriority.RealTime => PriorityClass.RealTime,
        IoPriority.Idle => PriorityClass.Idle,
        _ => PriorityClass.BestEffort,
    };
}
