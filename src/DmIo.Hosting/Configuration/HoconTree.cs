using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Io;

namespace DmIo.Hosting.Configuration;

/// <summary>
/// A block of settings to convert to HOCON: the common form of settings from code and from <c>IConfiguration</c>. A
/// value is a text, another block, or a list of both; null is omitted. Keys are used literally: a dot or a quote in a
/// device's name needs no escape.
/// </summary>
internal sealed class HoconTree : Dictionary<string, object?>
{
    /// <summary>An empty block.</summary>
    internal HoconTree()
        : base(StringComparer.Ordinal)
    {
    }

    /// <summary>A copy of another block.</summary>
    internal HoconTree(HoconTree other)
        : base(other, StringComparer.Ordinal)
    {
    }

    /// <summary>The HOCON text of a value; null stays null.</summary>
    internal static string? TextOf(bool? value) => value switch
    {
        true => "on",
        false => "off",
        null => null,
    };

    /// <inheritdoc cref="TextOf(bool?)"/>
    internal static string? TextOf(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc cref="TextOf(bool?)"/>
    /// <remarks>In the largest unit without a fraction, so that an error message shows the value as it was
    /// set.</remarks>
    internal static string? TextOf(TimeSpan? value) => value switch
    {
        null => null,
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerSecond == 0 => $"{ticks / TimeSpan.TicksPerSecond}s",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerMillisecond == 0 =>
            $"{ticks / TimeSpan.TicksPerMillisecond}ms",
        { Ticks: var ticks } => string.Create(
            CultureInfo.InvariantCulture, $"{(decimal)ticks / TimeSpan.TicksPerMicrosecond}us"),
    };

    /// <inheritdoc cref="TextOf(bool?)"/>
    internal static string? TextOf(ByteSize? value) => value?.ToString();

    /// <inheritdoc cref="TextOf(bool?)"/>
    internal static string? TextOf<T>(T? value)
        where T : struct, Enum => value is { } name ? KeyOf(name.ToString()) : null;

    /// <summary>The HOCON spelling of a name: <c>MaxPages</c> is <c>max-pages</c>.</summary>
    internal static string KeyOf(string name) => string.Concat(name.Replace('_', '-').Select((letter, index) =>
        char.IsUpper(letter)
            ? $"{(index > 0 && char.IsLower(name[index - 1]) ? "-" : "")}{char.ToLowerInvariant(letter)}"
            : letter.ToString()));

    /// <summary>A configuration with this block at <paramref name="path"/>, which is a single key.</summary>
    internal Config ToConfig(string path) => new(new HoconRoot(ValueOf(new HoconTree { [path] = this })));

    private static HoconValue ValueOf(object value)
    {
        var hocon = new HoconValue();
        hocon.AppendValue(value switch
        {
            HoconTree block => BlockOf(block),
            IEnumerable<object> items => ListOf(items),
            _ => new HoconLiteral { Value = (string)value },
        });
        return hocon;
    }

    private static HoconObject BlockOf(HoconTree block)
    {
        var hocon = new HoconObject();
        foreach (var (key, value) in block)
        {
            if (value is not null)
            {
                hocon.Items[key] = ValueOf(value);
            }
        }

        return hocon;
    }

    private static HoconArray ListOf(IEnumerable<object> items)
    {
        var hocon = new HoconArray();
        hocon.AddRange(items.Select(ValueOf));
        return hocon;
    }
}
