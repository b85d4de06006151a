namespace DmIo.Devices;

/// <summary>
/// A device could not be opened: it is missing, too small, inaccessible, of the wrong kind, or in use. The message
/// names the path, the fault and the fix.
/// </summary>
public sealed class DeviceOpenException : Exception
{
    public DeviceOpenException(string path, string message, int errno = 0, Exception? innerException = null)
        : base($"Cannot open '{path}' as a device: {message}", innerException)
    {
        Path = path;
        Errno = errno;
    }

    /// <summary>The path or URI of the device.</summary>
    public string Path { get; }

    /// <summary>The error number of the operating system; 0 if there is none.</summary>
    public int Errno { get; }
}
