// How an adapter with Serilog's templates and properties is had.

using Akka.Actor;
using Akka.Event;

namespace Akka.Logger.Serilog;

public static class SerilogLoggingAdapterExtensions
{
    /// <summary>An adapter that adds the property to all that it logs; for adapters of the event stream only.</summary>
    public static ILoggingAdapter ForContext(
        this ILoggingAdapter adapter, string propertyName, object? value, bool destructureObjects = false) =>
        adapter switch
        {
            SerilogLoggingAdapter serilog => serilog.SetContextProperty(propertyName, value, destructureObjects),
            BusLogging bus => new SerilogLoggingAdapter(bus.Bus, bus.LogSource, bus.LogClass)
                .SetContextProperty(propertyName, value, destructureObjects),
            _ => adapter,
        };

    /// <summary>For the running actor. <typeparamref name="T"/> is <see cref="SerilogLoggingAdapter"/>.</summary>
    public static ILoggingAdapter GetLogger<T>(this IActorContext context)
        where T : class, ILoggingAdapter
    {
        ArgumentNullException.ThrowIfNull(context);
        return new SerilogLoggingAdapter(context.System.EventStream, $"{context.Self}", context.Props.Type);
    }

    /// <summary>For a text, a type, or any object's class.</summary>
    public static ILoggingAdapter GetLogger<T>(this ActorSystem system, object logSourceObj)
        where T : class, ILoggingAdapter
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(logSourceObj);
        var source = LogSource.Create(logSourceObj, system);
        return new SerilogLoggingAdapter(system.EventStream, source.Source, source.Type);
    }
}
