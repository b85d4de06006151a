// A message together with the properties of the adapter that logged it. To any other logger it reads as the message.

using Serilog.Core;

namespace Akka.Logger.Serilog;

internal sealed class SerilogPayload(object message, IReadOnlyCollection<ILogEventEnricher> enrichers)
{
    internal object Message { get; } = message;

    internal IReadOnlyCollection<ILogEventEnricher> Enrichers { get; } = enrichers;

    public override string? ToString() => Message.ToString();
}
