using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Akka.Configuration;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Cli;

/// <summary>
/// The files that a command line names, known before it is carried out, and also where it is refused. A standard stream
/// that is one of them takes no text: the text would destroy the file's content.
/// </summary>
internal static partial class NamedFiles
{
    private const string Devices = "dmio.devices";
    private const int MatchTimeoutMilliseconds = 1000;

    /// <summary>By descriptor.</summary>
    private static readonly string[] StandardPaths = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];

    /// <summary>The texts that may name a device: of --region, of --export, and the arguments without an
    /// option.</summary>
    internal static IReadOnlyList<string> DeviceTextsOf(ParseResult parsed) =>
    [
        .. TokensOf(parsed, "--region").Select(DeviceOfRegion),
        .. TokensOf(parsed, "--export").SelectMany(ExportArgument.DevicesIn),
        .. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(Texts),
    ];

    /// <summary>The paths of the devices of a configuration, with their names.</summary>
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

    /// <summary>The first path of the command line that leads to a descriptor which the process was not started with:
    /// the runtime may have opened a file of its own under that number. Null: there is no such path.</summary>
    internal static string? ClosedDescriptorIn(ParseResult parsed) =>
        LinuxNative.IsAvailable ? PathsOf(parsed).FirstOrDefault(IsClosedDescriptor) : null;

    /// <summary>Is the file of a standard stream one that the command line names, whatever it is there?</summary>
    /// <param name="file">Of the stream; null: it is no file.</param>
    /// <param name="parsed">The command line, which may have errors.</param>
    internal static bool Has(FileIdentity? file, ParseResult parsed) =>
        file is not null && PathsOf(parsed).Any(path => FileIdentity.Of(path)?.Store == file.Store);

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

    private static IEnumerable<string> PathsOf(ParseResult parsed)
    {
        var texts = parsed.Tokens.Where(token => token.Type == TokenType.Argument).Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .Distinct(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            yield return text;
            yield return DeviceOfRegion(text);
            foreach (var device in ExportArgument.DevicesIn(text))
            {
                yield return device;
            }
        }

        foreach (var (_, path) in ConfiguredBy(parsed))
        {
            yield return path;
        }
    }

    private static IEnumerable<(string Name, string Path)> ConfiguredBy(ParseResult parsed)
    {
        if (parsed.GetResult(Options.Config)?.Tokens is not [var path])
        {
            return [];
        }

        try
        {
            return DevicesOf(SessionConfiguration.Read(path.Value, verbosity: 0));
        }
        catch (RefusedException)
        {
            // It names no device that could be told.
            return [];
        }
    }

    private static IEnumerable<string> TokensOf(ParseResult parsed, string option) =>
        Texts(parsed.GetResult(option));

    private static IEnumerable<string> Texts(SymbolResult? result) => result?.Tokens.Select(token => token.Value) ?? [];

    private static string DeviceOfRegion(string text) => text[..Math.Max(text.LastIndexOf('@'), 0)];
}
