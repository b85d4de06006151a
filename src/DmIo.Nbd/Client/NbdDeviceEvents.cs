namespace DmIo.Nbd.Client;

/// <summary>Changes of the connections of an attached <see cref="NbdDevice"/>, published on the actor system's event
/// stream. Subscribe to one type, or to <see cref="NbdDeviceEvent"/> for all.</summary>
public static class NbdDeviceEvents
{
    /// <summary>The base type of all events.</summary>
    /// <param name="Uri">The URI of the export.</param>
    public abstract record NbdDeviceEvent(NbdUri Uri)
    {
        /// <summary>The name of the device in regions.</summary>
        public string Device { get; init; } = "";
    }

    /// <summary>A connection was established. Operations continue.</summary>
    public sealed record Connected(NbdUri Uri, int Connections) : NbdDeviceEvent(Uri);

    /// <summary>A connection was lost. The device reconnects in the background.</summary>
    /// <param name="Uri">The URI of the export.</param>
    /// <param name="Connections">The number of remaining connections.</param>
    /// <param name="Operations">The number of operations that were in flight on the connection.</param>
    /// <param name="Reason">The cause, in one sentence.</param>
    public sealed record ConnectionLost(NbdUri Uri, int Connections, int Operations, string Reason)
        : NbdDeviceEvent(Uri);

    /// <summary>An attempt to reconnect failed. The device tries again.</summary>
    public sealed record ReconnectFailed(NbdUri Uri, int Attempts, string Reason) : NbdDeviceEvent(Uri);

    /// <summary>The export has changed (smaller, read-only, fewer capabilities). All operations of the device fail
    /// until it is reopened.</summary>
    public sealed record DeviceHasChanged(NbdUri Uri, string Reason) : NbdDeviceEvent(Uri);
}

/// <summary>Delivers the events of a device's connections to its listener, in order, one at a time, on any thread.
/// Before there is a listener, the latest events are kept: a connection can be lost between open and attach.</summary>
internal sealed class DeviceEventRelay
{
    private const int MaxKept = 16;

    private readonly Lock gate = new();
    private readonly Queue<NbdDeviceEvents.NbdDeviceEvent> kept = new();
    private Action<NbdDeviceEvents.NbdDeviceEvent>? listener;

    internal void Tell(NbdDeviceEvents.NbdDeviceEvent change)
    {
        lock (gate)
        {
            if (listener is not null)
            {
                listener(change);
                return;
            }

            if (kept.Count == MaxKept)
            {
                kept.Dequeue();
            }

            kept.Enqueue(change);
        }
    }

    /// <summary>Replaces the listener, and delivers the kept events to it. The listener must not block.</summary>
    internal void Listen(Action<NbdDeviceEvents.NbdDeviceEvent> to)
    {
        lock (gate)
        {
            listener = to;
            while (kept.TryDequeue(out var change))
            {
                to(change);
            }
        }
    }
}
