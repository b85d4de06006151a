// The adapter that publishes on the event stream. Which levels are enabled is settled when the adapter is made, so
// that asking costs a field's read; a level that the bus changes later reaches only adapters that are made later.

namespace Akka.Event;

public sealed class BusLogging : LoggingAdapterBase
{
    public BusLogging(LoggingBus bus, string logSource, Type logClass, ILogMessageFormatter logMessageFormatter)
        : base(logMessageFormatter)
    {
        ArgumentNullException.ThrowIfNull(bus);
        Bus = bus;
        LogSource = logSource;
        LogClass = logClass;
        IsDebugEnabled = bus.LogLevel <= LogLevel.DebugLevel;
        IsInfoEnabled = bus.LogLevel <= LogLevel.InfoLevel;
        IsWarningEnabled = bus.LogLevel <= LogLevel.WarningLevel;
        IsErrorEnabled = bus.LogLevel <= LogLevel.ErrorLevel;
    }

    internal BusLogging(LoggingBus bus, LogSource source, ILogMessageFormatter logMessageFormatter)
        : this(bus, source.Source, source.Type, logMessageFormatter)
    {
    }

    public LoggingBus Bus { get; }

    public string LogSource { get; }

    public Type LogClass { get; }

    public override bool IsDebugEnabled { get; }

    public override bool IsInfoEnabled { get; }

    public override bool IsWarningEnabled { get; }

    public override bool IsErrorEnabled { get; }

    protected override void NotifyLog(LogLevel logLevel, object message, Exception? cause = null) =>
        Bus.Publish(logLevel switch
        {
            LogLevel.DebugLevel => new Debug(cause, LogSource, LogClass, message),
            LogLevel.InfoLevel => new Info(cause, LogSource, LogClass, message),
            LogLevel.WarningLevel => new Warning(cause, LogSource, LogClass, message),
            LogLevel.ErrorLevel => new Error(cause, LogSource, LogClass, message),
            _ => throw new ArgumentOutOfRangeException(nameof(logLevel), logLevel, null),
        });
}
