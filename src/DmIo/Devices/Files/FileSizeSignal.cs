using System.Runtime.InteropServices;

namespace DmIo.Devices.Files;

/// <summary>
/// SIGXFSZ, which a Unix kernel sends to who makes a file longer than it may be (RLIMIT_FSIZE), and which ends the
/// process where nobody handles it. Handled, the call fails with EFBIG, which is one region's status. For the whole
/// process, and for good; an application's own handler is called as well.
/// </summary>
internal static class FileSizeSignal
{
    private const PosixSignal FileSizeExceeded = (PosixSignal)25;

    private static readonly PosixSignalRegistration? Registration = OperatingSystem.IsWindows()
        ? null
        : PosixSignalRegistration.Create(FileSizeExceeded, context => context.Cancel = true);

    /// <summary>From now on.</summary>
    internal static void Handle() => GC.KeepAlive(Registration);
}
