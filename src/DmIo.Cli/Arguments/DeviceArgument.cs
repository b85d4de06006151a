using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// A device as the command line names it: <c>mem:SIZE</c>, <c>null:SIZE</c>, the name of a configured device, a URI
/// such as <c>nbd://host/name</c>, or a path. In this order: a file whose name looks like one of the others is written
/// with its directory, as in <c>./mem:1MiB</c>.
/// </summary>
internal abstract record DeviceArgument(string Text)
{
    private const string MemoryPrefix = "mem:";
    private const string NullPrefix = "null:";

    /// <summary>Reads what <paramref name="text"/> names.</summary>
    /// <exception cref="RefusedException">It looks like <c>mem:</c> or <c>null:</c>, but its size is
    /// none.</exception>
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

        if (configuredNames.Contains(text))
        {
            return new ConfiguredArgument(text);
        }

        return text.Contains("://", StringComparison.Ordinal) ? new UriArgument(text) : new PathArgument(text);
    }

    private static ByteSize ReadSize(string text, string prefix)
    {
        var written = text[prefix.Length..];
        if (!ByteSize.TryParse(written, out var size))
        {
            throw new RefusedException($"'{text}': '{written}' is not a size; write {prefix}SIZE as in {prefix}64MiB.");
        }

        if (size.Bytes == 0 || !size.IsWholeSectors)
        {
            throw new RefusedException(
                $"'{text}' has {size.Bytes} bytes; a device has whole sectors of {Sector.SizeBytes}.");
        }

        return size;
    }
}

/// <summary>Data in memory, gone when the command ends.</summary>
internal sealed record MemoryArgument(string Text, ByteSize Capacity) : DeviceArgument(Text);

/// <summary>Takes every write and reads as zeroes.</summary>
internal sealed record NullArgument(string Text, ByteSize Capacity) : DeviceArgument(Text);

/// <summary>Attached by the service, from the configuration.</summary>
internal sealed record ConfiguredArgument(string Text) : DeviceArgument(Text);

/// <summary>What the provider of its scheme opens.</summary>
internal sealed record UriArgument(string Text) : DeviceArgument(Text);

/// <summary>A regular file or a block device.</summary>
internal sealed record PathArgument(string Text) : DeviceArgument(Text);
