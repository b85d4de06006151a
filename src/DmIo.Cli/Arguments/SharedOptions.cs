using System.CommandLine;
using DmIo.Io;

namespace DmIo.Cli.Arguments;

/// <summary>The options of more than one command.</summary>
internal static class SharedOptions
{
    internal static Option<RegionSyntax[]> Region { get; } = new("--region", "-r")
    {
        Description = "A region: DEVICE@SECTOR or DEVICE@SECTOR+COUNT, in sectors of 512 bytes. DEVICE is a path, "
            + "mem:SIZE, null:SIZE, a URI (nbd://host/name), or the name of a device in --config. "
            + "Repeat for more regions (at most 64; a read has exactly one).",
        HelpName = "REGION",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => OptionValues.ReadAll(result, RegionSyntax.Parse),
    };

    internal static Option<string?> Config { get; } = new("--config", "-c")
    {
        Description = "A HOCON file with dmio { devices { ... } } and any other setting.",
        HelpName = "FILE",
    };

    internal static Option<ByteSize?> Create { get; } = new("--create")
    {
        Description = "Create missing files with this size. An existing file keeps its data and must have at least "
            + "this size.",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    internal static Option<string?> Monitor { get; } = new("--monitor")
    {
        Description = "Unix socket for dmio top, on which the service reports its statistics.",
        HelpName = "PATH",
    };

    internal static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print the result, or the error, as one JSON object.",
    };

    internal static Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Log more to standard error; -vv logs everything.",
        Arity = ArgumentArity.Zero,
    };

    /// <summary>The number of times that <c>-v</c> was given.</summary>
    internal static int VerbosityOf(ParseResult parsed) => parsed.GetResult(Verbose)?.IdentifierTokenCount ?? 0;
}
