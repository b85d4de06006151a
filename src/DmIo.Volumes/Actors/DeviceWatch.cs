using DmIo.Actors.Client;

namespace DmIo.Volumes.Actors;

/// <summary>Gives up I/O on devices that do not answer. Thread-safe.</summary>
/// <param name="service">The service of the devices.</param>
/// <param name="client">The client of the I/O.</param>
/// <param name="timeout">A device whose oldest operation in flight is older does not answer.</param>
internal sealed class DeviceWatch(DmIoService service, IoClient client, TimeSpan timeout)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>A device whose oldest operation in flight is older does not answer.</summary>
    internal TimeSpan Timeout => timeout;

    /// <summary>The age of the oldest operation in flight on any of the devices, of any client.</summary>
    internal TimeSpan AgeOf(LegDevices devices) => devices.All.Max(AgeOf);

    /// <summary>Waits for I/O on devices. When one does not answer, what is in flight on them ends as TimedOut: the I/O
    /// must end then.</summary>
    internal async Task<T> RunAsync<T>(LegDevices devices, Task<T> io)
    {
        await RunAsync(devices, (Task)io);
        return await io;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    internal async Task RunAsync(LegDevices devices, Task io)
    {
        while (await Task.WhenAny(io, Task.Delay(Interval, TimeProvider.System)) != io)
        {
            if (AgeOf(devices) > timeout)
            {
                GiveUp(devices);
            }
        }

        await io;
    }

    private void GiveUp(LegDevices devices)
    {
        foreach (var device in devices.All)
        {
            client.GiveUp(device);
        }
    }

    private TimeSpan AgeOf(string device) =>
        service.Directory.TryFind(device, out var entry) && entry.OldestInFlightSince is { } since
            ? service.System.Scheduler.MonotonicClock - since
            : TimeSpan.Zero;
}
