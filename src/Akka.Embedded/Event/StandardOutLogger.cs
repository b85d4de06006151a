// Loggers that are no actors, for the time when no actor runs: they write on the thread that logs. The one that is
// used by default writes to the console, a colour for each level. A format that does not fit its arguments is written
// as the error that it is, and never thrown at whoever logged.

using Akka.Actor;

namespace Akka.Event;

/// <summary>Thread-safe. To be named by <c>akka.stdout-logger-class</c> it needs a plain constructor.</summary>
public abstract class MinimalLogger : MinimalActorRef
{
    public sealed override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/StandardOutLogger");

    public sealed override void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        Log(message);
    }

    protected abstract void Log(object message);
}

public class StandardOutLogger : MinimalLogger
{
    private static readonly Lock Gate = new();

    protected override void Log(object message)
    {
        if (message is not LogEvent logEvent)
        {
            Console.WriteLine(message);
            return;
        }

        var text = TextOf(logEvent);
        lock (Gate)
        {
            if (Console.IsOutputRedirected)
            {
                Console.WriteLine(text);
                return;
            }

            Console.ForegroundColor = logEvent.LogLevel() switch
            {
                LogLevel.DebugLevel => ConsoleColor.Gray,
                LogLevel.InfoLevel => ConsoleColor.White,
                LogLevel.WarningLevel => ConsoleColor.Yellow,
                _ => ConsoleColor.Red,
            };
            Console.WriteLine(text);
            Console.ResetColor();
        }
    }

    private static string TextOf(LogEvent logEvent)
    {
        try
        {
            return logEvent.ToString();
        }
        catch (FormatException exception)
        {
            var said = logEvent.Message is LogMessage message
                ? $"str=[{message.Format}], args=[{string.Join(",", message.Parameters())}]"
                : $"{logEvent.Message}";
            return $"[ERROR][{logEvent.Timestamp}][Thread {logEvent.Thread.ManagedThreadId:0000}]"
                + $"[{nameof(StandardOutLogger)}] Encountered {exception.GetType()} while recording log: "
                + $"[{logEvent.LogLevel().StringFor()}][{logEvent.LogSource}]. {exception.Message} {said}";
        }
    }
}
