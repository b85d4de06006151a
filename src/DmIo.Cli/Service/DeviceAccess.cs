using System.CommandLine;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary>How a command wants its files opened.</summary>
/// <param name="IsReadOnly">It does not write.</param>
/// <param name="CreateSize">Missing files are made with this size; null: they are an error.</param>
/// <param name="MayFallBack">What may not be written to is opened for reading.</param>
/// <param name="MayBeMissing">The command waits for a configured device that is missing (on-missing), or shows
/// it.</param>
internal sealed record DeviceAccess(
    bool IsReadOnly, ByteSize? CreateSize = null, bool MayFallBack = false, bool MayBeMissing = false)
{
    /// <summary>How they are served; null: as it suits.</summary>
    internal ServiceMode? Mode { get; private init; }

    /// <summary>Past the page cache.</summary>
    internal bool IsDirect { get; private init; }

    /// <summary>What a command says of how files are served.</summary>
    internal static IReadOnlyList<Option> Options { get; } = [Cli.Options.Direct, Cli.Options.DeviceMode];

    internal static DeviceAccess Reading(ParseResult parsed) => new DeviceAccess(IsReadOnly: true).As(parsed);

    internal static DeviceAccess AsPossible(ParseResult parsed) =>
        new DeviceAccess(IsReadOnly: false, MayFallBack: true, MayBeMissing: true).As(parsed);

    /// <summary>For a command that writes.</summary>
    /// <exception cref="RefusedException">The size is no number of whole sectors, or none.</exception>
    internal static DeviceAccess Writing(ParseResult parsed, ByteSize? createSize = null)
    {
        if (createSize is { } size && (size.Bytes == 0 || !size.IsWholeSectors))
        {
            throw new RefusedException(
                $"--create {size} is {size.Bytes} bytes; a device has whole sectors of {Sector.SizeBytes}.");
        }

        return new DeviceAccess(IsReadOnly: false, createSize).As(parsed);
    }

    private DeviceAccess As(ParseResult parsed) => this with
    {
        IsDirect = parsed.GetValue(Cli.Options.Direct),
        Mode = parsed.GetValue(Cli.Options.DeviceMode) switch
        {
            DeviceMode.Inline => ServiceMode.Inline,
            DeviceMode.Ring => ServiceMode.Ring,
            DeviceMode.Threads => ServiceMode.Threads,
            _ => null,
        },
    };
}
