using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Cli.Service;

/// <summary>How a command opens its files.</summary>
/// <param name="IsReadOnly">The command does not write.</param>
/// <param name="CreateSize">Missing files are created with this size; null: a missing file is an error.</param>
/// <param name="MayFallBack">A file without write permission is opened for reading.</param>
/// <param name="MayBeMissing">The command waits for, or shows, a configured device that is missing
/// (on-missing).</param>
internal sealed record DeviceAccess(
    bool IsReadOnly, ByteSize? CreateSize = null, bool MayFallBack = false, bool MayBeMissing = false)
{
    private static readonly Option<bool> Direct = new("--direct")
    {
        Description = "Bypass the page cache (O_DIRECT). Regions must start and end at block boundaries of the disk.",
    };

    private static readonly Option<DeviceMode> ModeOption = new("--device-mode")
    {
        Description = "How the operations of a file reach the kernel: inline, by io_uring, or by threads. "
            + "[default: auto, by the file system]",
        HelpName = "auto|inline|ring|threads",
        CustomParser = OptionValues.ReadEnum<DeviceMode>,
    };

    /// <summary>Null: chosen by the file system.</summary>
    internal ServiceMode? Mode { get; private init; }

    /// <summary>Files bypass the page cache.</summary>
    internal bool IsDirect { get; private init; }

    internal static IReadOnlyList<Option> Options { get; } = [Direct, ModeOption];

    internal static DeviceAccess Reading(ParseResult parsed) => new DeviceAccess(IsReadOnly: true).With(parsed);

    internal static DeviceAccess WritingIfPossible(ParseResult parsed) =>
        new DeviceAccess(IsReadOnly: false, MayFallBack: true, MayBeMissing: true).With(parsed);

    /// <summary>For a command that writes.</summary>
    /// <exception cref="RefusedException">The size is 0, or not a whole number of sectors.</exception>
    internal static DeviceAccess Writing(ParseResult parsed, ByteSize? createSize = null)
    {
        if (createSize is { } size && (size.Bytes == 0 || !size.IsWholeSectors))
        {
            throw new RefusedException(
                $"--create {size} is {size.Bytes} bytes; a device has whole sectors of {Sector.SizeBytes}.");
        }

        return new DeviceAccess(IsReadOnly: false, createSize).With(parsed);
    }

    private DeviceAccess With(ParseResult parsed) => this with
    {
        IsDirect = parsed.GetValue(Direct),
        Mode = parsed.GetValue(ModeOption) switch
        {
            DeviceMode.Inline => ServiceMode.Inline,
            DeviceMode.Ring => ServiceMode.Ring,
            DeviceMode.Threads => ServiceMode.Threads,
            _ => null,
        },
    };
}

/// <summary>The values of <c>--device-mode</c>.</summary>
internal enum DeviceMode
{
    /// <summary>Chosen by the file system.</summary>
    Auto,

    /// <summary>On the thread of the device actor.</summary>
    Inline,

    /// <summary>By io_uring.</summary>
    Ring,

    /// <summary>By threads of the device.</summary>
    Threads,
}
