using System.CommandLine;
using System.CommandLine.Parsing;
using DmIo.Actors.Configuration;
using DmIo.Io;

namespace DmIo.Cli.Arguments;

/// <summary>The options of more than one command.</summary>
internal static class SharedOptions
{
    internal static Option<RegionSyntax[]> Region { get; } = new("--region", "-r")
    {
        Description = "A region: DEVICE@SECTOR or DEVICE@SECTOR+COUNT, in sectors of 512 bytes. DEVICE is a path, "
            + "mem:SIZE, null:SIZE, a URI (nbd://host/name), a volume (vol:DEVICE,DEVICE), or the name of a device in "
            + "--config. "
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

/// <summary>Parsers of option values. The message for an invalid value names the option or the value, and the valid
/// values.</summary>
internal static class OptionValues
{
    internal static Option<int?> NewNumber(string name, int min, int max, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, out var number) && number >= min && number <= max)
            {
                return number;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is not a number from {min} to {max}.");
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
        result.AddError($"'{text}' is not one of {words}.");
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
