namespace DmIo.Nbd.Client;

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
