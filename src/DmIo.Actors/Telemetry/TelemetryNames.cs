using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>Attribute values and span names, in lower case with underscores, allocated once.</summary>
internal static class TelemetryNames
{
    private static readonly string[] Operations = NamesOf<IoOperation>();
    private static readonly string[] Codes = NamesOf<IoStatusCode>();

    private static readonly string[] Spans = [.. Operations.Select(name => $"dmio {name}")];

    internal static string SpanOf(IoOperation operation) => Spans[(int)operation];

    internal static string Of(IoOperation operation) => Operations[(int)operation];

    internal static string Of(IoStatusCode code) => Codes[(int)code];

    private static string[] NamesOf<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => string.Concat(name.Select((letter, index) =>
            index > 0 && char.IsUpper(letter) ? $"_{char.ToLowerInvariant(letter)}"
            : char.ToLowerInvariant(letter).ToString())))];
}
