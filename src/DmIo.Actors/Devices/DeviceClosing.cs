using Akka.Event;
using DmIo.Devices;

namespace DmIo.Actors.Devices;

/// <summary>Closes devices, whose closing may throw, and gives a message behind it.</summary>
internal static class DeviceClosing
{
    /// <summary>
    /// Closes the device, then gives <paramref name="message"/>. Never fails: a device that can't be closed is out of
    /// service all the same; the log says why.
    /// </summary>
    internal static async Task<object> CloseAsync(IBlockDevice device, ILoggingAdapter log, object message)
    {
        try
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            log.Warning(exception, "Closing a device failed; it is out of service");
        }

        return message;
    }
}
