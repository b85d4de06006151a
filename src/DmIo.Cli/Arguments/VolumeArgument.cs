using DmIo.Cli.Exit;
using DmIo.Volumes;

namespace DmIo.Cli.Arguments;

/// <summary>
/// A replicated volume: <c>vol:DEVICE,DEVICE;witness=DEVICE</c>, with any number of legs and witnesses. A leg with
/// external metadata is <c>DEVICE;metadata=DEVICE</c>. A comma in a URI is written <c>%2C</c>; a path with a comma or
/// semicolon is not supported.
/// </summary>
internal sealed record VolumeArgument(string Text, IReadOnlyList<LegDevices> Legs, IReadOnlyList<string> Witnesses)
    : DeviceArgument(Text)
{
    private const string Prefix = "vol:";
    private const string Witness = ";witness=";
    private const string Shape = "Write vol:DEVICE,DEVICE or 'vol:DEVICE,DEVICE;witness=DEVICE'.";

    /// <summary>The command that makes a volume of the devices.</summary>
    internal string CreateCommand => CreateCommandOf("NAME", Legs, Witnesses);

    /// <summary>The text of the volume, in quotes if a shell needs them.</summary>
    internal string DeviceText => Quoted(
        $"{Prefix}{string.Join(',', Legs)}{(Witnesses.Count == 0 ? "" : Witness)}{string.Join(',', Witnesses)}");

    /// <summary>The witnesses, as legs are written.</summary>
    internal IEnumerable<LegDevices> WitnessDevices => Witnesses.Select(device => new LegDevices(device));

    /// <summary>The legs and the witnesses.</summary>
    internal IEnumerable<LegDevices> All => Legs.Concat(WitnessDevices);

    /// <summary>The text names a volume, even if it is not a valid one.</summary>
    internal static bool Is(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The devices of the legs and witnesses of a volume, even if it is not a valid one; of any other text,
    /// those of that leg.</summary>
    internal static IEnumerable<string> DevicesIn(string text) => Is(text)
        ? text[Prefix.Length..].Split(Witness).SelectMany(part => part.Split(','))
            .SelectMany(leg => LegDevices.Parse(leg).All).SelectMany(device => device.Split(';'))
        : LegDevices.Parse(text).All;

    /// <summary>The command that creates a volume.</summary>
    internal static string CreateCommandOf(
        string name, IEnumerable<LegDevices> legs, IEnumerable<string>? witnesses = null) =>
        $"dmio volume create {name}{OptionsOf(legs, witnesses ?? [])}";

    /// <summary>A command of <c>dmio volume</c> for the volume.</summary>
    internal string CommandOf(string command) => $"dmio volume {command}{OptionsOf(Legs, Witnesses)}";

    private static string OptionsOf(IEnumerable<LegDevices> legs, IEnumerable<string> witnesses) =>
        string.Concat(legs.Select(leg => $" --leg {Quoted(leg.ToString())}"))
        + string.Concat(witnesses.Select(witness => $" --witness {witness}"));

    private static string Quoted(string text) => text.Contains(';', StringComparison.Ordinal) ? $"'{text}'" : text;

    /// <summary>Parses the text of a volume.</summary>
    /// <exception cref="RefusedException">The text is invalid.</exception>
    internal static VolumeArgument Parse(string text)
    {
        var parts = text[Prefix.Length..].Split(Witness);
        var legs = parts[0].Split(',').Select(LegDevices.Parse).ToArray();
        var witnesses = parts.Skip(1).SelectMany(part => part.Split(',')).ToArray();
        var all = legs.SelectMany(leg => leg.All).Concat(witnesses).ToArray();
        return all switch
        {
            _ when Array.Find(all, device => device.Contains(';', StringComparison.Ordinal)) is { } other =>
                throw new RefusedException(
                    $"'{text}': '{other[(other.IndexOf(';', StringComparison.Ordinal) + 1)..]}' is not a witness. "
                    + Shape),
            _ when all.Contains("") => throw new RefusedException($"'{text}' names an empty device. {Shape}"),
            _ when all.FirstOrDefault(Is) is { } inner => throw new RefusedException(
                $"'{text}': the volume '{inner}' cannot be a leg. {Shape}"),
            _ when all.Distinct(StringComparer.Ordinal).Count() < all.Length => throw new RefusedException(
                $"'{text}' names a device twice; legs and witnesses are different devices. {Shape}"),
            _ => new VolumeArgument(text, legs, witnesses),
        };
    }
}
