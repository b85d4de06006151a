namespace DmIo.Nbd.Client;

/// <summary>
/// What happens to the connections of an <see cref="NbdDevice"/> that is attached to a service, published on the actor
/// system's event stream as it happens. Subscribe to one, or to <see cref="NbdDeviceEvent"/> for all.
/// </summary>
public static class NbdDeviceEvents
{
    /// <summary>Any of them.</summary>
    /// <param name="Uri">Where the export is.</param>
    public abstract record NbdDeviceEvent(NbdUri Uri)
    {
        /// <summary>What regions call the device.</summary>
        public string Device { get; init; } = "";
    }

    /// <summary>There is a connection again, or one more. Operations go on.</summary>
    public sealed record Connected(NbdUri Uri, int Connections) : NbdDeviceEvent(Uri);

    /// <summary>A connection is lost, and is tried anew from now on.</summary>
    /// <param name="Uri">Where the export is.</param>
    /// <param name="Connections">How many are left.</param>
    /// <param name="Operations">How many operations were under way on it.</param>
    /// <param name="Reason">One sentence.</param>
    public sealed record ConnectionLost(NbdUri Uri, int Connections, int Operations, string Reason)
        : NbdDeviceEvent(Uri);

    /// <summary>It was tried in vain, and will be again.</summary>
    public sealed record ReconnectFailed(NbdUri Uri, int Attempts, string Reason) : NbdDeviceEvent(Uri);

    /// <summary>The export is not what it was (another size, read-only, less able): the device fails every operation
    /// until it is opened anew.</summary>
    public sealed record DeviceHasChanged(NbdUri Uri, string Reason) : NbdDeviceEvent(Uri);
}

/// <summary>
/// What happens to a device's connections, told in its order to the one who listens: from any thread, one at a time.
/// Until somebody does, the latest is kept: a connection may be lost between the opening of a device and its attach.
/// </summary>
internal sealed class DeviceEventRelay
{
    private const int MostKept = 16;

    private readonly Lock gate = new();
    private readonly Queue<NbdDeviceEvents.NbdDeviceEvent> kept = new();
    private Action<NbdDeviceEvents.NbdDeviceEvent>? listener;

    internal void Tell(NbdDeviceEvents.NbdDeviceEvent news)
    {
        lock (gate)
        {
            if (listener is not null)
            {
                listener(news);
                return;
            }

            if (kept.Count == MostKept)
            {
                kept.Dequeue();
            }

            kept.Enqueue(news);
        }
    }

    /// <summary>From now on this one is told, in the place of who was before, and what was kept at once. It must not
    /// wait for anybody.</summary>
    internal void Listen(Action<NbdDeviceEvents.NbdDeviceEvent> to)
    {
        lock (gate)
        {
            listener = to;
            while (kept.TryDequeue(out var news))
            {
                to(news);
            }
        }
    }
}
