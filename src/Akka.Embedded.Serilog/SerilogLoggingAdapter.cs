// An adapter that formats as Serilog does, and adds properties of its own to all that is logged through it.
// Immutable: a property makes a new adapter.

using System.Collections.Immutable;
using Akka.Event;
using Serilog.Core;
using Serilog.Core.Enrichers;

namespace Akka.Logger.Serilog;

public sealed class SerilogLoggingAdapter : LoggingAdapterBase
{
    private readonly LoggingBus _bus;
    private readonly string _source;
    private readonly Type _class;
    private readonly ImmutableStack<ILogEventEnricher> _enrichers;

    public SerilogLoggingAdapter(LoggingBus bus, string logSource, Type logClass)
        : this(bus, logSource, logClass, [])
    {
    }

    private SerilogLoggingAdapter(
        LoggingBus bus, string logSource, Type logClass, ImmutableStack<ILogEventEnricher> enrichers)
        : base(SerilogLogMessageFormatter.Instance)
    {
        ArgumentNullException.ThrowIfNull(bus);
        (_bus, _source, _class, _enrichers) = (bus, logSource, logClass, enrichers);
        IsDebugEnabled = bus.LogLevel <= LogLevel.DebugLevel;
        IsInfoEnabled = bus.LogLevel <= LogLevel.InfoLevel;
        IsWarningEnabled = bus.LogLevel <= LogLevel.WarningLevel;
        IsErrorEnabled = bus.LogLevel <= LogLevel.ErrorLevel;
    }

    public override bool IsDebugEnabled { get; }

    public override bool IsInfoEnabled { get; }

    public override bool IsWarningEnabled { get; }

    public override bool IsErrorEnabled { get; }

    /// <summary>This adapter and one property more.</summary>
    public ILoggingAdapter SetContextProperty(string name, object? value, bool destructureObjects = false) =>
        new SerilogLoggingAdapter(
            _bus, _source, _class, _enrichers.Push(new PropertyEnricher(name, value, destructureObjects)));

    protected override void NotifyLog(LogLevel logLevel, object message, Exception? cause = null)
    {
        var payload = new SerilogPayload(message, [.. _enrichers]);
        _bus.Publish(logLevel switch
        {
            LogLevel.DebugLevel => new Debug(cause, _source, _class, payload),
            LogLevel.InfoLevel => new Info(cause, _source, _class, payload),
            LogLevel.WarningLevel => new Warning(cause, _source, _class, payload),
            LogLevel.ErrorLevel => new Error(cause, _source, _class, payload),
            _ => throw new ArgumentOutOfRangeException(nameof(logLevel), logLevel, null),
        });
    }
}
