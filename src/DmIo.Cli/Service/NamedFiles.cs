using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Akka.Configuration;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Cli.Service;

/// <summary>
/// The files that a command line names. They are known before the command runs, even if it is refused. A standard
/// stream that is one of these files is not written: text would overwrite the contents of the file.
/// </summary>
internal static partial class NamedFiles
{
    private const string Devices = "dmio.devices";
    private const int MatchTimeoutMilliseconds = 1000;

    /// <summary>The index of a path is its descriptor.</summary>
    private static readonly string[] StandardPaths = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];

    /// <summary>The texts that may name a device: those of --region, --export, --leg and --witness, and arguments
    /// without an option. The legs and witnesses of a volume are named instead of the volume.</summary>
    internal static IReadOnlyList<string> DeviceTextsOf(ParseResult parsed) =>
    [
        .. TokensOf(parsed, "--region").Select(DeviceOfRegion)
            .Concat(TokensOf(parsed, "--export").SelectMany(ExportArgument.DevicesIn))
            .Concat(TokensOf(parsed, "--leg"))
            .Concat(TokensOf(parsed, "--witness"))
            .Concat(parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(Texts))
            .SelectMany(VolumeArgument.DevicesIn),
    ];

    /// <summary>The names and paths of the devices in a configuration.</summary>
    internal static IEnumerable<(string Name, string Path)> DevicesOf(Config config)
    {
        if (!config.HasPath(Devices) || config.GetValue(Devices) is not { } devices || !devices.IsObject())
        {
            yield break;
        }

        foreach (var (name, settings) in devices.GetObject().Items)
        {
            var path = settings.IsObject() ? settings.GetObject().GetKey("path") : null;
            if (path is not null && path.IsString())
            {
                yield return (name, path.GetString());
            }
        }
    }

    /// <summary>The first path of the command line that leads to a descriptor with which the process was not started.
    /// The runtime may have opened another file with that number. Null: none.</summary>
    internal static string? ClosedDescriptorIn(ParseResult parsed) =>
        LinuxNative.IsAvailable ? PathsIn(parsed).FirstOrDefault(IsClosedDescriptor) : null;

    /// <summary>True: the command line names the file of a standard stream, in any option or argument.</summary>
    /// <param name="file">The file of the stream; null: not a file.</param>
    /// <param name="parsed">The command line, which may be invalid.</param>
    internal static bool Has(FileIdentity? file, ParseResult parsed) =>
        file is not null
        && PathsIn(parsed).Concat(ConfiguredIn(parsed).Select(device => device.Path))
            .Any(path => FileIdentity.Of(path)?.Store == file.Store);

    private static bool IsClosedDescriptor(string path)
    {
        var standard = Array.IndexOf(StandardPaths, path);
        var match = DescriptorPath().Match(standard < 0 ? path : $"/dev/fd/{standard}");
        if (!match.Success || !int.TryParse(match.Groups["number"].ValueSpan, out var number)
            || (match.Groups["process"] is { Success: true } process
                && process.Value != $"{Environment.ProcessId}"))
        {
            return false;
        }

        using var handle = new SafeFileHandle(number, ownsHandle: false);
        return !LinuxNative.IsInherited(handle);
    }

    [GeneratedRegex(
        "^(/dev|/+proc/+(self|thread-self|(?<process>[0-9]+))(/+task/+[0-9]+)?)/+fd/+(?<number>[0-9]+)$",
        RegexOptions.ExplicitCapture,
        MatchTimeoutMilliseconds)]
    private static partial Regex DescriptorPath();

    /// <summary>The texts of the command line that may be paths, without those of its configuration.</summary>
    private static IEnumerable<string> PathsIn(ParseResult parsed)
    {
        var texts = parsed.Tokens.Where(token => token.Type == TokenType.Argument).Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .Distinct(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            yield return text;
            foreach (var device in ExportArgument.DevicesIn(text).Append(text).Append(DeviceOfRegion(text))
                .SelectMany(VolumeArgument.DevicesIn))
            {
                yield return device;
            }
        }
    }

    private static IEnumerable<(string Name, string Path)> ConfiguredIn(ParseResult parsed)
    {
        // Only a file can be read again: a pipe has no second copy of its text.
        if (parsed.GetResult(SharedOptions.Config)?.Tokens is not [var path]
            || FileIdentity.Of(path.Value) is not { IsBlockDevice: false })
        {
            return [];
        }

        try
        {
            return DevicesOf(SessionConfiguration.Read(path.Value, verbosity: 0));
        }
        catch (RefusedException)
        {
            // An invalid configuration names no device.
            return [];
        }
    }

    private static IEnumerable<string> TokensOf(ParseResult parsed, string option) =>
        Texts(parsed.GetResult(option));

    private static IEnumerable<string> Texts(SymbolResult? result) => result?.Tokens.Select(token => token.Value) ?? [];

    private static string DeviceOfRegion(string text) => text[..Math.Max(text.LastIndexOf('@'), 0)];
}
