namespace DmIo.Testing.Peers;

/// <summary>Bounds a wait for an expected event, so that a bug fails the test and does not hang it. It measures
/// nothing.</summary>
internal static class Patience
{
    internal static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    internal static Task InTime(this Task task) => task.WaitAsync(Limit);

    internal static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>For a call that is expected to throw before it returns a task.</summary>
    internal static void Unawaited(this Task task) => _ = task;

    internal static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    internal static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);
}
