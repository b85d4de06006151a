using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Requires direct I/O with blocks of one sector in the directory for temporary files.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DirectFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(() => ReasonAt(System.IO.Path.GetTempPath()));

    public DirectFactAttribute() => Skip = Reason.Value;

    internal static string? ReasonAt(string? place)
    {
        using var directory = new TemporaryDirectory(place);
        try
        {
            var options = new FileDeviceOptions
            {
                Path = directory.FilePath(),
                CreateSize = ByteSize.FromSectors(8 * 128),
                IsDirect = true,
                Mode = ServiceMode.Inline,
            };
            FileDevice.Open(options).DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (DeviceOpenException exception)
        {
            return exception.Message;
        }

        return null;
    }
}
