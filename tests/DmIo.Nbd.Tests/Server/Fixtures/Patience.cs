namespace DmIo.Nbd.Tests.Server;

/// <summary>How long a test waits for what must happen before it fails. Never reached when all is well.</summary>
internal static class Patience
{
    internal static TimeSpan Limit { get; } = TimeSpan.FromSeconds(30);

    internal static Task InTime(this Task task) => task.WaitAsync(Limit);

    internal static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    internal static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(Limit);
}
