using System.CommandLine;
using System.CommandLine.Parsing;
using DmIo.Actors.Configuration;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// The options that commands share, each read by our own syntaxes, so that a bad value is refused with their message.
/// </summary>
internal static class Options
{
    internal static Option<RegionSyntax[]> Region { get; } = new("--region", "-r")
    {
        Description = "Where: DEVICE@SECTOR or DEVICE@SECTOR+COUNT, in sectors of 512 bytes. DEVICE is a path, "
            + "mem:SIZE, null:SIZE, a URI (nbd://host/name), or a device's name from --config. "
            + "Repeat for more (64 at most; for a read, one alone).",
        HelpName = "REGION",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ReadAll(result, RegionSyntax.Parse),
    };

    internal static Option<string?> Config { get; } = new("--config", "-c")
    {
        Description = "A HOCON file with dmio { devices { ... } } and any other setting.",
        HelpName = "FILE",
    };

    internal static Option<ByteSize?> Create { get; } = new("--create")
    {
        Description = "Create missing files, of this size. Those that exist keep their data and must be as big.",
        HelpName = "SIZE",
        CustomParser = ReadSize,
    };

    internal static Option<bool> Direct { get; } = new("--direct")
    {
        Description = "Open files past the page cache (O_DIRECT). Regions then lie on the disk's blocks.",
    };

    internal static Option<DeviceMode> DeviceMode { get; } = new("--device-mode")
    {
        Description = "How files are served: inline, by io_uring, or by threads. [default: auto, as it suits]",
        HelpName = "auto|inline|ring|threads",
        CustomParser = ReadEnum<DeviceMode>,
    };

    internal static Option<MemoryKind> Memory { get; } = new("--memory")
    {
        Description = "Memory service: a page list, a bio vector, or a virtual buffer. [default: pages]",
        HelpName = "pages|bvec|vm",
        CustomParser = ReadEnum<MemoryKind>,
    };

    internal static Option<CallMode> Mode { get; } = new("--mode")
    {
        Description = "Several requests in flight, or one blocking call after the other. [default: async]",
        HelpName = "async|sync",
        CustomParser = ReadEnum<CallMode>,
    };

    internal static Option<int?> Pages { get; } = new("--pages")
    {
        Description = "Pages of 4096 bytes to lease: the memory to work in. [default: as the chunks need]",
        HelpName = "N",
        CustomParser = ReadPages,
    };

    internal static Option<ByteSize?> Chunk { get; } = new("--chunk")
    {
        Description = "Bytes per request, a multiple of 4096. [default: 1MiB, or less to fit into --pages]",
        HelpName = "SIZE",
        CustomParser = ReadSize,
    };

    internal static Option<string?> Monitor { get; } = new("--monitor")
    {
        Description = "Show what the service does on this unix socket, for dmio top.",
        HelpName = "PATH",
    };

    internal static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print the result, or why there is none, as one JSON object.",
    };

    internal static Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Log more to standard error; -vv for everything.",
        Arity = ArgumentArity.Zero,
    };

    /// <summary>How often <c>-v</c> was given.</summary>
    internal static int VerbosityOf(ParseResult parsed) => parsed.GetResult(Verbose)?.IdentifierTokenCount ?? 0;

    internal static Option<int?> NewNumber(string name, int least, int most, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, out var number) && number >= least && number <= most)
            {
                return number;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is not a number from {least} to {most}.");
            return null;
        },
    };

    internal static Option<TimeSpan?> NewDuration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => ReadDuration(name, result),
    };

    internal static T[] ReadAll<T>(ArgumentResult result, Func<string, T> read)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            try
            {
                values.Add(read(token.Value));
            }
            catch (FormatException fault)
            {
                result.AddError(fault.Message);
            }
        }

        return [.. values];
    }

    internal static ByteSize? ReadSize(ArgumentResult result) =>
        ReadAll(result, ByteSize.Parse) is [var size] ? size : null;

    private static int? ReadPages(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, out var pages) && pages > 0)
        {
            return pages;
        }

        result.AddError($"'{text}' is not a number of pages; write 1 to {int.MaxValue}.");
        return null;
    }

    internal static T ReadEnum<T>(ArgumentResult result)
        where T : struct, Enum
    {
        var text = result.Tokens[0].Value;
        foreach (var value in Enum.GetValues<T>())
        {
            if (text.Equals(value.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        var words = string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()));
        result.AddError($"'{text}' is none of {words}.");
        return default;
    }

    private static TimeSpan? ReadDuration(string name, ArgumentResult result)
    {
        if (DurationSyntax.TryParse(result.Tokens[0].Value, out var duration) && duration <= TimeSpan.FromDays(1))
        {
            return duration;
        }

        result.AddError($"{name} '{result.Tokens[0].Value}' is not a time up to a day; write 500ms, 3s or 2m.");
        return null;
    }
}
