// Writes log events to the console, a colour for each level. A format that does not fit its arguments is written as
// the error that it is, and never thrown at whoever logged.

namespace Akka.Event;

public class StandardOutLogger : MinimalLogger
{
    private static readonly Lock Gate = new();

    public static ConsoleColor DebugColor { get; set; } = ConsoleColor.Gray;

    public static ConsoleColor InfoColor { get; set; } = ConsoleColor.White;

    public static ConsoleColor WarningColor { get; set; } = ConsoleColor.Yellow;

    public static ConsoleColor ErrorColor { get; set; } = ConsoleColor.Red;

    public static bool UseColors { get; set; } = true;

    protected override void Log(object message)
    {
        switch (message)
        {
            case LogEvent logEvent:
                Write(logEvent);
                break;
            default:
                Console.WriteLine(message);
                break;
        }
    }

    private static void Write(LogEvent logEvent)
    {
        string text;
        try
        {
            text = logEvent.ToString();
        }
        catch (FormatException exception)
        {
            var said = logEvent.Message is LogMessage message
                ? $"str=[{message.Format}], args=[{message.Unformatted()}]"
                : $"{logEvent.Message}";
            text = $"[ERROR][{logEvent.Timestamp}][Thread {logEvent.Thread.ManagedThreadId:0000}]"
                + $"[{nameof(StandardOutLogger)}] Encountered {exception.GetType()} while recording log: "
                + $"[{logEvent.LogLevel().StringFor()}][{logEvent.LogSource}]. {exception.Message} {said}";
        }

        lock (Gate)
        {
            if (!UseColors || Console.IsOutputRedirected)
            {
                Console.WriteLine(text);
                return;
            }

            Console.ForegroundColor = ColorOf(logEvent.LogLevel());
            Console.WriteLine(text);
            Console.ResetColor();
        }
    }

    private static ConsoleColor ColorOf(LogLevel level) => level switch
    {
        LogLevel.DebugLevel => DebugColor,
        LogLevel.InfoLevel => InfoColor,
        LogLevel.WarningLevel => WarningColor,
        _ => ErrorColor,
    };
}
