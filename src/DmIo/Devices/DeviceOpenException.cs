namespace DmIo.Devices;

/// <summary>
/// A device could not be opened: it is missing, too small, forbidden, of the wrong kind or in use. The message names
/// the path, the fault and the fix.
/// </summary>
public sealed class DeviceOpenException : Exception
{
    public DeviceOpenException(string path, string message, int errno = 0, Exception? innerException = null)
        : base($"Cannot open '{path}' as a device: {message}", innerException)
    {
        Path = path;
        Errno = errno;
    }

    /// <summary>What was to be opened.</summary>
    public string Path { get; }

    /// <summary>The operating system's error number; 0 where none was involved.</summary>
    public int Errno { get; }
}
