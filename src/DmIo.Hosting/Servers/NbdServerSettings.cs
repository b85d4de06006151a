using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Nbd;
using DmIo.Nbd.Server;

namespace DmIo.Hosting.Servers;

/// <summary>
/// One block of <c>dmio.nbd-servers</c>, with the defaults of <c>hocon/nbd-servers.conf</c>, read strictly: an unknown
/// key or an invalid value is a <see cref="ConfigurationException"/> that names the key's full path.
/// </summary>
/// <param name="Name">The name of the server.</param>
/// <param name="Options">The addresses, TLS and limits of the server.</param>
/// <param name="Exports">The exports that exist from the start, by name in ordinal order.</param>
internal sealed record NbdServerSettings(string Name, NbdServerOptions Options, IReadOnlyList<NbdExport> Exports)
{
    private const string Resource = "DmIo.Hosting.nbd-servers.conf";
    private const string Servers = "nbd-servers";
    private const string ServersPath = "dmio." + Servers;
    private const string ExpectedAddress = "a list of addresses, ADDRESS:PORT or unix:PATH";
    private const string ExpectedDevice =
        "the name of a device; several copies of the data are a volume, which is one device";
    private const string ExpectedFile = "the path of a PEM file, or empty";

    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <summary>Every key of a server, with examples of the required ones.</summary>
    internal static Config Reference { get; } =
        ConfigurationFactory.FromResource(Resource, typeof(NbdServerSettings).Assembly);

    /// <exception cref="ConfigurationException">The message names the key and the fix.</exception>
    internal static IReadOnlyList<NbdServerSettings> ReadAll(Config config)
    {
        if (!config.HasPath(ServersPath))
        {
            return [];
        }

        var (serverDefaults, exportDefaults) = ReadDefaults();
        var servers = new SettingsReader(config.GetValue(ServersPath), ServersPath);
        return [.. servers.Keys.Select(name =>
            Read(name, servers.Section(name, serverDefaults), exportDefaults))];
    }

    private static NbdServerSettings Read(string name, SettingsReader reader, SettingsReader exportDefaults)
    {
        reader.MayHave("listen", "exports");
        var exports = reader.Section("exports", BlockOf([]));
        var settings = new NbdServerSettings(
            name,
            new NbdServerOptions
            {
                EndPoints = [.. reader.TextList("listen", ExpectedAddress, IsAddress).Select(NbdAddress.Parse)],
                AllowsInsecure = reader.Flag("allow-insecure"),
                Tls = ReadTls(reader.Section("tls")),
                Limits = ReadLimits(reader.Section("limits")),
            },
            [.. exports.Keys.Select(export => ReadExport(export, exports.Section(export, exportDefaults)))]);
        reader.RefuseUnknownKeys();
        var fault = NbdServer.Fault(settings.Options)
            ?? settings.Exports.Select(ExportRules.Check).FirstOrDefault(found => found is not null);
        return fault is null
            ? settings
            : throw new ConfigurationException($"{reader.Path} is invalid. {fault}");
    }

    private static NbdExport ReadExport(string name, SettingsReader reader)
    {
        reader.MayHave("device");
        var export = new NbdExport
        {
            Name = name,
            Device = reader.Text("device", ExpectedDevice, text => DeviceName.FaultOf(text) is null),
            IsReadOnly = reader.Flag("read-only"),
            Description = reader.Text("description", "a text", _ => true),
            IsDefault = reader.Flag("default"),
            Pages = (int)reader.Number("pages", 1, int.MaxValue),
        };
        reader.RefuseUnknownKeys();
        return export;
    }

    private static NbdTlsOptions? ReadTls(SettingsReader reader)
    {
        var mode = reader.Choice<TlsChoice>("mode");
        var (certificate, key) = (FileOf(reader, "certificate"), FileOf(reader, "key"));
        var authority = FileOf(reader, "client-authority");
        var clients = reader.Section("clients");
        var exports = clients.Keys.ToDictionary(
            client => client,
            client => clients.TextList(client, "a list of names of exports", _ => true),
            StringComparer.Ordinal);
        reader.RefuseUnknownKeys();
        if (mode == TlsChoice.Off)
        {
            return certificate is null && key is null && authority is null && exports.Count == 0
                ? null
                : throw new ConfigurationException($"{reader.Path}.mode is 'off', so the other keys have no effect. "
                    + "Use required or offered, or remove them.");
        }

        if (certificate is null || key is null)
        {
            throw new ConfigurationException(
                $"{reader.Path} has no {(certificate is null ? "certificate" : "key")}. TLS needs both.");
        }

        if (authority is null ? exports.Count > 0 : mode == TlsChoice.Offered)
        {
            throw new ConfigurationException(authority is null
                ? $"{reader.Path}.clients needs client-authority: clients without a certificate have no name."
                : $"{reader.Path}.client-authority needs mode = required: a client that does not encrypt presents no "
                    + "certificate.");
        }

        return new NbdTlsOptions
        {
            Mode = mode == TlsChoice.Offered ? NbdTlsMode.Offered : NbdTlsMode.Required,
            CertificateFile = certificate,
            KeyFile = key,
            ClientAuthorityFile = authority,
            ClientExports = exports.Count == 0 ? null : exports,
        };
    }

    private static NbdServerLimits ReadLimits(SettingsReader reader)
    {
        var idle = reader.Duration("idle", MaxTime);
        var limits = new NbdServerLimits
        {
            Connections = (int)reader.Number("connections", 1, int.MaxValue),
            Handshake = reader.Duration("handshake", MaxTime),
            OptionSize = reader.Size(
                "option-size", "a size from 1 byte to 1GiB", size => size.Bytes is >= 1 and <= 1 << 30),
            RequestsInFlight = (int)reader.Number("requests-in-flight", 1, int.MaxValue),
            LoggedErrors = (int)reader.Number("logged-errors", 0, int.MaxValue),
            Idle = idle == TimeSpan.Zero ? null : idle,
            Receive = reader.Duration("receive", MaxTime),
            Send = reader.Duration("send", MaxTime),
            Drain = reader.Duration("drain", MaxTime),
        };
        reader.RefuseUnknownKeys();
        return limits;
    }

    private static string? FileOf(SettingsReader reader, string key) =>
        reader.Text(key, ExpectedFile, _ => true) is { Length: > 0 } path ? path : null;

    private static bool IsAddress(string text)
    {
        try
        {
            return NbdAddress.Parse(text) is not null;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>The required keys of a server and an export are examples in the reference: they are removed
    /// here.</summary>
    private static (SettingsReader Server, SettingsReader Export) ReadDefaults()
    {
        var server = Reference.GetValue(ServersPath).GetObject().Items.Values.Single();
        var export = server.GetObject().Items["exports"].GetObject().Items.Values.Single();
        return (Without(server, "listen", "exports"), Without(export, "device"));
    }

    private static SettingsReader Without(HoconValue block, params string[] keys) =>
        BlockOf(block.GetObject().Items.Where(item => !keys.Contains(item.Key)));

    private static SettingsReader BlockOf(IEnumerable<KeyValuePair<string, HoconValue>> items)
    {
        var block = new HoconObject();
        foreach (var (key, value) in items)
        {
            block.Items[key] = value;
        }

        var hocon = new HoconValue();
        hocon.AppendValue(block);
        return new SettingsReader(hocon, ServersPath);
    }

    /// <summary>The values of <c>tls.mode</c>.</summary>
    private enum TlsChoice
    {
        Off,
        Offered,
        Required,
    }
}
