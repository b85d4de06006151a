using DmIo.Native;

namespace DmIo.Cli;

/// <summary>The descriptors that every command needs. The .NET runtime keeps two open for each assembly, and fails at
/// arbitrary places when there are too few.</summary>
internal static class DescriptorNeed
{
    internal const int Min = 160;

    /// <summary>Why the process cannot run a command, as a sentence; null: it can.</summary>
    internal static string? Fault() =>
        LinuxNative.IsAvailable && LinuxNative.DescriptorLimit(out var limit) == 0 && limit < Min
            ? $"this process may open {limit} descriptors (RLIMIT_NOFILE), and dmio needs at least {Min}; raise the "
                + $"limit (ulimit -n {Min})."
            : null;
}
