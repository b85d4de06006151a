using Akka.Configuration;
using DmIo.Actors.Configuration;
using DmIo.Devices;

namespace DmIo.Nbd.Client;

/// <summary>Opens devices of the schemes <c>nbd</c>, <c>nbds</c>, <c>nbd+unix</c> and <c>nbds+unix</c>, for the service
/// and for <c>dmio</c>. A configured device may have a block <c>nbd</c>, whose keys and defaults are in
/// <c>hocon/network-disks.conf</c>.</summary>
public sealed class NbdDeviceProvider : IDeviceProvider
{
    /// <inheritdoc/>
    public async Task<IBlockDevice> OpenAsync(DeviceOpening opening, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(opening);
        var options = NbdDeviceSettings.Read(opening);
        return await NbdDevice.OpenAsync(options, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>Reads the block <c>nbd</c> of a configured device. Missing keys have the values of
/// <c>hocon/network-disks.conf</c>, which is embedded in the assembly.</summary>
internal static class NbdDeviceSettings
{
    private const string Block = "nbd";
    private const string DefaultsResource = "DmIo.Nbd.network-disks.conf";
    private const string DefaultsPath = "dmio.devices.remote.nbd";
    private const int MaxConnections = 16;
    private const int MaxRetries = 100;

    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(1);

    private static readonly Config Defaults =
        ConfigurationFactory.FromResource(DefaultsResource, typeof(NbdDeviceSettings).Assembly);

    /// <exception cref="FormatException">The URI is invalid.</exception>
    /// <exception cref="ConfigurationException">A key is unknown, or its value is invalid.</exception>
    internal static NbdDeviceOptions Read(DeviceOpening opening)
    {
        var defaults = new SettingsReader(Defaults.GetValue(DefaultsPath)!, DefaultsPath);
        var reader = opening.Settings.HasPath(Block)
            ? new SettingsReader(opening.Settings.GetValue(Block)!, Block, defaults)
            : defaults;
        var options = new NbdDeviceOptions
        {
            Uri = NbdUri.Parse(opening.Uri),
            IsReadOnly = opening.IsReadOnly,
            Connections = (int)reader.Number("connections", 1, MaxConnections),
            ConnectTimeout = reader.Duration("connect-timeout", MaxTime),
            RequestTimeout = reader.Duration("request-timeout", MaxTime),
            ReconnectWait = reader.Duration("reconnect-wait", MaxTime),
            MinReconnectPause = reader.Duration("min-pause", MaxTime),
            MaxReconnectPause = reader.Duration("max-pause", MaxTime),
            ReadRetries = (int)reader.Number("read-retries", 0, MaxRetries),
            WriteRetries = (int)reader.Number("write-retries", 0, MaxRetries),
            AuthorityFile = PathOf(reader, "authority"),
            CertificateFile = PathOf(reader, "certificate"),
            KeyFile = PathOf(reader, "key"),
        };
        reader.RefuseUnknownKeys();
        return options;
    }

    private static string? PathOf(SettingsReader reader, string key) =>
        reader.Text(key, "the path of a PEM file, or empty", static _ => true) is { Length: > 0 } path ? path : null;
}
