using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Files;

/// <summary>
/// Opens and creates regular files with exclusive write access: on Linux under an advisory lock. A file that cannot get
/// the requested length is deleted.
/// </summary>
internal static class FileHandles
{
    private const int WindowsSharingViolation = 32;

    // A file that was just closed can stay locked for a moment: the kernel releases the file of a ring on a thread of
    // its own, after the last completion, and that of a killed process when it has taken the process down. Measured: up
    // to 40 ms.
    private static readonly TimeSpan MaxReleaseTime = TimeSpan.FromMilliseconds(250);

    /// <summary>Opens an existing file.</summary>
    internal static SafeFileHandle OpenExisting(FileDeviceOptions options) => Open(options, FileMode.Open);

    /// <summary>Creates a file, durably.</summary>
    internal static SafeFileHandle Create(FileDeviceOptions options, ByteSize size)
    {
        var handle = Open(options, FileMode.CreateNew);
        try
        {
            RandomAccess.SetLength(handle, size.Bytes);
            MakeDurable(handle, options.Path);
            return handle;
        }
        catch (Exception exception)
        {
            handle.Dispose();
            File.Delete(options.Path);
            if (exception is IOException or ArgumentException or UnauthorizedAccessException)
            {
                throw new DeviceOpenException(
                    options.Path,
                    $"it cannot be made {size.Bytes} bytes long: {exception.Message}",
                    Errno.Of(exception),
                    exception);
            }

            throw;
        }
    }

    /// <summary>A durable write is lost if a crash removes the name of the file.</summary>
    private static void MakeDurable(SafeFileHandle file, string path)
    {
        if (!LinuxNative.IsAvailable)
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        var errno = LinuxNative.Flush(file);
        if (errno == 0)
        {
            var parent = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
            errno = LinuxNative.Open(parent, LinuxNative.OpenReadOnly, out var directory);
            using (directory)
            {
                errno = errno == 0 ? LinuxNative.Flush(directory) : errno;
            }
        }

        if (errno != 0)
        {
            throw new IOException(Errno.TextOf(errno), errno);
        }
    }

    private static SafeFileHandle Open(FileDeviceOptions options, FileMode mode)
    {
        var access = options.IsReadOnly ? FileAccess.Read : FileAccess.ReadWrite;
        var share = options.IsReadOnly ? FileShare.Read : FileShare.None;
        SafeFileHandle? handle = null;
        Exception? fault = null;
        RetryWhileLocked(() =>
        {
            try
            {
                handle = File.OpenHandle(options.Path, mode, access, share);
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                fault = exception;
                return !IsTaken(exception);
            }
        });
        return handle
            ?? throw new DeviceOpenException(
                options.Path, Explain(fault!, options.IsReadOnly, mode), Errno.Of(fault!), fault);
    }

    private static bool IsTaken(Exception exception) =>
        Errno.Of(exception) is Errno.TryAgain or WindowsSharingViolation;

    private static string Explain(Exception exception, bool isReadOnly, FileMode mode) => exception switch
    {
        FileNotFoundException when mode == FileMode.CreateNew => "its directory takes no new file.",
        FileNotFoundException => "it does not exist; create it with a size.",
        DirectoryNotFoundException => "its directory does not exist.",
        UnauthorizedAccessException when isReadOnly => $"{exception.Message} Get permission.",
        UnauthorizedAccessException => $"{exception.Message} Get permission, or open it read-only.",
        _ when IsTaken(exception) =>
            "it is already open, by another device of this service or by another process.",
        _ => exception.Message,
    };

    /// <summary>Calls <paramref name="tryOpen"/> until it returns true, at least once, for as long as a closed file can
    /// stay locked. False: another owner has the file.</summary>
    internal static bool RetryWhileLocked(Func<bool> tryOpen) => SpinWait.SpinUntil(tryOpen, MaxReleaseTime);
}
