using DmIo.Cli.Exit;

namespace DmIo.Cli.Arguments;

/// <summary>
/// A replicated volume: <c>vol:DEVICE,DEVICE;witness=DEVICE</c>, with any number of legs and witnesses. A comma in a
/// URI is written <c>%2C</c>; a path with a comma or semicolon is not supported.
/// </summary>
internal sealed record VolumeArgument(string Text, IReadOnlyList<string> Legs, IReadOnlyList<string> Witnesses)
    : DeviceArgument(Text)
{
    private const string Prefix = "vol:";
    private const string Witness = "witness=";
    private const string Shape = "Write vol:DEVICE,DEVICE or 'vol:DEVICE,DEVICE;witness=DEVICE'.";

    /// <summary>The command that makes a volume of the devices.</summary>
    internal string CreateCommand => CreateCommandOf("NAME", Legs, Witnesses);

    /// <summary>The text of the volume, in quotes if a shell needs them.</summary>
    internal string DeviceText => Witnesses.Count == 0
        ? $"{Prefix}{string.Join(',', Legs)}"
        : $"'{Prefix}{string.Join(',', Legs)};{Witness}{string.Join(',', Witnesses)}'";

    /// <summary>The legs and the witnesses.</summary>
    internal IEnumerable<string> All => Legs.Concat(Witnesses);

    /// <summary>The text names a volume, even if it is not a valid one.</summary>
    internal static bool Is(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The legs and witnesses of a volume, even if it is not a valid one; for another device, its
    /// text.</summary>
    internal static IEnumerable<string> DevicesIn(string text) => Is(text)
        ? text[Prefix.Length..].Split(';').SelectMany(part => DevicesOfPart(part))
        : [text];

    /// <summary>The command that creates a volume.</summary>
    internal static string CreateCommandOf(
        string name, IEnumerable<string> legs, IEnumerable<string>? witnesses = null) =>
        $"dmio volume create {name}{OptionsOf(legs, witnesses ?? [])}";

    /// <summary>A command of <c>dmio volume</c> for the volume.</summary>
    internal string CommandOf(string command) => $"dmio volume {command}{OptionsOf(Legs, Witnesses)}";

    private static string OptionsOf(IEnumerable<string> legs, IEnumerable<string> witnesses) =>
        string.Concat(legs.Select(leg => $" --leg {leg}"))
        + string.Concat(witnesses.Select(witness => $" --witness {witness}"));

    /// <summary>Parses the text of a volume.</summary>
    /// <exception cref="RefusedException">The text is invalid.</exception>
    internal static VolumeArgument Parse(string text)
    {
        var parts = text[Prefix.Length..].Split(';');
        if (parts.Skip(1).FirstOrDefault(part => !part.StartsWith(Witness, StringComparison.Ordinal)) is { } unknown)
        {
            throw new RefusedException($"'{text}': '{unknown}' is not a witness. {Shape}");
        }

        var legs = DevicesOfPart(parts[0]);
        var witnesses = parts.Skip(1).SelectMany(DevicesOfPart).ToArray();
        var all = legs.Concat(witnesses).ToArray();
        return all switch
        {
            _ when all.Contains("") => throw new RefusedException($"'{text}' names an empty device. {Shape}"),
            _ when all.FirstOrDefault(Is) is { } inner => throw new RefusedException(
                $"'{text}': the volume '{inner}' cannot be a leg. {Shape}"),
            _ when all.Distinct(StringComparer.Ordinal).Count() < all.Length => throw new RefusedException(
                $"'{text}' names a device twice; legs and witnesses are different devices. {Shape}"),
            _ => new VolumeArgument(text, legs, witnesses),
        };
    }

    private static string[] DevicesOfPart(string part) =>
        (part.StartsWith(Witness, StringComparison.Ordinal) ? part[Witness.Length..] : part).Split(',');
}
