using DmIo.Cli.Exit;
using DmIo.Io;
using DmIo.Volumes;

namespace DmIo.Cli.Arguments;

/// <summary>
/// A device of the command line: <c>mem:SIZE</c>, <c>null:SIZE</c>, a volume such as <c>vol:DEVICE,DEVICE</c>, the name
/// of a configured device, a URI such as <c>nbd://host/name</c>, or a path, matched in this order. A path that looks
/// like another kind needs a directory, as in <c>./mem:1MiB</c>.
/// </summary>
internal abstract record DeviceArgument(string Text)
{
    private const string MemoryPrefix = "mem:";
    private const string NullPrefix = "null:";

    /// <summary>Parses the text of a device.</summary>
    /// <exception cref="RefusedException">The size after <c>mem:</c> or <c>null:</c>, or the volume after <c>vol:</c>
    /// is invalid.</exception>
    internal static DeviceArgument Read(string text, IReadOnlySet<string> configuredNames)
    {
        if (text.StartsWith(MemoryPrefix, StringComparison.Ordinal))
        {
            return new MemoryArgument(text, ReadSize(text, MemoryPrefix));
        }

        if (text.StartsWith(NullPrefix, StringComparison.Ordinal))
        {
            return new NullArgument(text, ReadSize(text, NullPrefix));
        }

        if (VolumeArgument.Is(text))
        {
            return VolumeArgument.Parse(text);
        }

        if (configuredNames.Contains(text))
        {
            return new ConfiguredArgument(text);
        }

        return text.Contains("://", StringComparison.Ordinal) ? new UriArgument(text) : new PathArgument(text);
    }

    private static ByteSize ReadSize(string text, string prefix)
    {
        var sizeText = text[prefix.Length..];
        if (!ByteSize.TryParse(sizeText, out var size))
        {
            throw new RefusedException(
                $"'{text}': '{sizeText}' is not a size; write {prefix}SIZE as in {prefix}64MiB.");
        }

        if (size.Bytes == 0 || !size.IsWholeSectors)
        {
            throw new RefusedException(
                $"'{text}' has {size.Bytes} bytes; a device has whole sectors of {Sector.SizeBytes}.");
        }

        return size;
    }
}

/// <summary>Memory, which is lost when the command ends.</summary>
internal sealed record MemoryArgument(string Text, ByteSize Capacity) : DeviceArgument(Text);

/// <summary>Discards writes, reads as zeroes.</summary>
internal sealed record NullArgument(string Text, ByteSize Capacity) : DeviceArgument(Text);

/// <summary>A device of the configuration, attached by the service.</summary>
internal sealed record ConfiguredArgument(string Text) : DeviceArgument(Text);

/// <summary>A device that the provider of the URI scheme opens.</summary>
internal sealed record UriArgument(string Text) : DeviceArgument(Text);

/// <summary>A regular file or a block device.</summary>
internal sealed record PathArgument(string Text) : DeviceArgument(Text);

/// <summary>
/// An export of the command line: <c>NAME=DEVICE</c>. The first <c>=</c> ends the name, which may be empty. Several
/// copies of the data are a volume: <c>NAME=vol:DEVICE,DEVICE</c>. A comma in a URI is written <c>%2C</c>; a path with
/// a comma is not supported.
/// </summary>
internal sealed record ExportArgument(string Name, string Device)
{
    private const string Shape = "Write NAME=DEVICE, as in disk=disk.img.";

    /// <exception cref="FormatException">The text is invalid; the message has the text, the error and the
    /// syntax.</exception>
    internal static ExportArgument Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new FormatException($"'{text}' has no '='. {Shape}");
        }

        var (name, devices) = (text[..equals], DevicesIn(text));
        return devices switch
        {
            [""] => throw new FormatException($"'{text}' names no device. {Shape}"),
            [var device] => new ExportArgument(name, device),
            _ when Array.Find(devices, device => device.Length == 0 || VolumeArgument.Is(device)) is { } other =>
                throw new FormatException(
                    $"'{text}' names {devices.Length} devices, one of them "
                    + $"{(other.Length == 0 ? "empty" : $"'{other}'")}; an export has one device. {Shape} A volume is "
                    + "NAME=vol:DEVICE,DEVICE."),
            _ => throw new FormatException(
                $"'{text}' names {devices.Length} devices; an export has one. Several copies of the data are a volume: "
                + $"create it with {CreateCommandOf(name, devices)}, then "
                + $"serve --export {name}=vol:{string.Join(',', devices)}."),
        };
    }

    private static string CreateCommandOf(string name, IEnumerable<string> legs) =>
        VolumeArgument.CreateCommandOf(name.Length == 0 ? "NAME" : name, legs.Select(LegDevices.Parse));

    /// <summary>The devices of the text, even if it is not a valid export.</summary>
    internal static string[] DevicesIn(string text)
    {
        var devices = text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return VolumeArgument.Is(devices) ? [devices] : devices.Split(',');
    }
}
