using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Native;

namespace DmIo.Cli.Service;

/// <summary>
/// The files of a command that are not devices: the configuration, the output, and standard output and standard error
/// if they are files. A device must not be one of these files, by any path: writing the file would destroy the device,
/// or vice versa.
/// </summary>
internal sealed class UsedFiles
{
    private readonly List<(string What, FileIdentity File)> files = [];

    /// <summary>Collects the files of a command.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="to">The file of <c>--to</c>; null or <c>-</c>: standard output.</param>
    /// <exception cref="RefusedException">The output file is the configuration file.</exception>
    internal static UsedFiles Of(RunContext context, string? to)
    {
        var used = new UsedFiles();
        used.Add("standard output", context.Streams.OutputFile);
        used.Add("standard error", context.Streams.ErrorFile);
        var config = context.ConfigPath is { } path ? FileIdentity.Of(path) : null;
        if (to is not (null or "-"))
        {
            used.Add($"--to '{to}'", FileIdentity.Of(to));
        }

        used.RequireOther($"--config '{context.ConfigPath}'", config);
        used.Add($"--config '{context.ConfigPath}'", config);
        return used;
    }

    /// <exception cref="RefusedException">The file is one of the files of the command.</exception>
    internal void RequireOther(string what, FileIdentity? file)
    {
        foreach (var used in files)
        {
            RequireOther(used.What, used.File, what, file);
        }
    }

    /// <summary>Checks all devices with a path, before the first device is opened and the first line is
    /// logged.</summary>
    /// <param name="configured">Names and paths of the configured devices.</param>
    /// <param name="texts">Texts that may be paths of other devices.</param>
    /// <exception cref="RefusedException">A device is one of the files.</exception>
    internal void RequireOther(
        IEnumerable<(string Name, string Path)> configured, IReadOnlyList<string> texts)
    {
        if (files.Count == 0)
        {
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, path) in configured)
        {
            names.Add(name);
            RequireOther($"the configured device '{name}'", FileIdentity.Of(path));
        }

        foreach (var text in texts.Where(text => DeviceArgument.Read(text, names) is PathArgument))
        {
            RequireOther($"the device '{text}'", FileIdentity.Of(text));
        }
    }

    /// <summary>Compares two files.</summary>
    /// <exception cref="RefusedException">Both are the same file.</exception>
    internal static void RequireOther(string left, FileIdentity? leftFile, string right, FileIdentity? rightFile)
    {
        if (leftFile is not null && leftFile.Store == rightFile?.Store)
        {
            throw new RefusedException($"{left} and {right} are one file; give two different ones.");
        }
    }

    private void Add(string what, FileIdentity? file)
    {
        if (file is not null)
        {
            files.Add((what, file));
        }
    }
}
