namespace DmIo.Nbd;

/// <summary>Of <see cref="NbdDevice.Happened"/>.</summary>
public sealed class NbdDeviceEventArgs(NbdDeviceEvents.NbdDeviceEvent news) : EventArgs
{
    /// <summary>What happened.</summary>
    public NbdDeviceEvents.NbdDeviceEvent News { get; } = news;
}
