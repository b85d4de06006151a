using DmIo.Native;

namespace DmIo.Cli;

/// <summary>
/// The files that a command reads or writes beside its devices: its configuration, its output, and standard output and
/// standard error where they are files. None of its devices may be one of them, by whatever path: what is written there
/// would destroy the device, or the device's data the file.
/// </summary>
internal sealed class UsedFiles
{
    private readonly List<(string What, FileIdentity File)> files = [];

    /// <summary>Those of a command.</summary>
    /// <param name="context">The command's.</param>
    /// <param name="to">Where it writes data; null or <c>-</c>: to standard output.</param>
    /// <exception cref="RefusedException">The output is the configuration.</exception>
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

    /// <exception cref="RefusedException">The device lies in one of the files.</exception>
    internal void RequireOther(string what, FileIdentity? file)
    {
        foreach (var used in files)
        {
            RequireOther(used.What, used.File, what, file);
        }
    }

    /// <summary>The same for all devices that are named by a path, before one is opened and before anything is
    /// logged.</summary>
    /// <param name="configured">Names and paths of the configured ones.</param>
    /// <param name="texts">What may be a path of another one.</param>
    /// <exception cref="RefusedException">A device lies in one of the files.</exception>
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

    /// <summary>The same for one file.</summary>
    /// <exception cref="RefusedException">Both are one file.</exception>
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
