// Stands in for the console, by 'akka.stdout-logger-class'. It remembers what was written there, over all systems.

using System.Collections.Concurrent;
using Akka.Event;

namespace Akka.Conformance.Tests.Logging;

#pragma warning disable MA0097 // References are compared by nobody here; Akka.NET's base class has no operators.
public sealed class ConsoleSpy : MinimalLogger
{
    private static readonly ConcurrentBag<string> Written = [];

    /// <summary>Logs until a text with the part in it is written; false where none ever is.</summary>
    public static bool Shows(string part, Action log) => SpinWait.SpinUntil(
        () =>
        {
            log();
            return HasWritten(part);
        },
        TimeSpan.FromSeconds(20));

    public static bool HasWritten(string part) =>
        Written.Any(text => text.Contains(part, StringComparison.Ordinal));

    protected override void Log(object message) => Written.Add($"{message}");
}
