using DmIo.Devices.Files;

namespace DmIo.Cli;

/// <summary>The minimum number of file descriptors of the process. The .NET runtime has two for each loaded assembly,
/// and fails at arbitrary places without free descriptors.</summary>
internal static class DescriptorNeed
{
    internal const int Min = 160;

    /// <summary>The reason why the process cannot run a command, as a sentence; null: none.</summary>
    internal static string? Fault() =>
        LinuxNative.IsAvailable && LinuxNative.DescriptorLimit(out var limit) == 0 && limit < Min
            ? $"this process may open {limit} descriptors (RLIMIT_NOFILE), and dmio needs at least {Min}; raise the "
                + $"limit (ulimit -n {Min})."
            : null;
}
