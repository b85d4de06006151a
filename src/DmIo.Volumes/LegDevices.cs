namespace DmIo.Volumes;

/// <summary>The attached devices of a leg, by their names. If there is one device, the metadata of the volume is at its
/// start, and the data behind it. If there are two, the data begins at sector 0 of the first device, and the metadata
/// is on the second one (external). As text: <c>DATA</c>, or <c>DATA;metadata=META</c>; a text converts
/// implicitly.</summary>
/// <param name="Data">The device with the data.</param>
/// <param name="Metadata">The device with the external metadata; null: the metadata is on the device with the
/// data.</param>
public sealed record LegDevices(string Data, string? Metadata = null)
{
    private const string Separator = ";metadata=";

    /// <summary>The device that has the metadata.</summary>
    internal string MetadataDevice => Metadata ?? Data;

    /// <summary>All devices of the leg.</summary>
    internal IReadOnlyList<string> All => Metadata is null ? [Data] : [Data, Metadata];

    /// <inheritdoc cref="Parse"/>
    public static implicit operator LegDevices(string text) => Parse(text);

    /// <summary>The devices in a text.</summary>
    /// <param name="text"><c>DATA</c> or <c>DATA;metadata=META</c>.</param>
    public static LegDevices Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0 ? new LegDevices(text) : new LegDevices(text[..end], text[(end + Separator.Length)..]);
    }

    /// <summary>The devices by other names.</summary>
    internal async Task<LegDevices> SelectAsync(Func<string, Task<string>> select) =>
        new(await select(Data), Metadata is null ? null : await select(Metadata));

    /// <inheritdoc/>
    public override string ToString() => Metadata is null ? Data : $"{Data}{Separator}{Metadata}";
}
