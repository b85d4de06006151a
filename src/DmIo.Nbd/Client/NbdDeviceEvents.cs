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
