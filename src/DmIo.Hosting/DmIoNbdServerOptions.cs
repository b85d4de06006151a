using DmIo.Hosting.Configuration;
using DmIo.Nbd.Server;

namespace DmIo.Hosting;

/// <summary>
/// The settings of an NBD server in code. A property that is null has the value that is configured elsewhere, otherwise
/// the default. Each property and method writes the key of <c>hocon/nbd-servers.conf</c> that it names; the key is
/// validated at the start.
/// </summary>
public sealed class DmIoNbdServerOptions
{
    private readonly List<object> addresses = [];
    private readonly HoconTree exports = [];

    internal DmIoNbdServerOptions()
    {
    }

    /// <summary>Key <c>allow-insecure</c>: allows addresses other than loopback without TLS.</summary>
    public bool? AllowsInsecure { get; set; }

    /// <summary>Block <c>tls</c>: encryption; null: as configured elsewhere, otherwise none.</summary>
    public NbdTlsOptions? Tls { get; set; }

    /// <summary>Block <c>limits</c>; null: as configured elsewhere, otherwise the defaults.</summary>
    public NbdServerLimits? Limits { get; set; }

    /// <summary>Key <c>listen</c>: adds an address.</summary>
    /// <param name="address"><c>ADDRESS:PORT</c> (port 0: any free port) or <c>unix:PATH</c>.</param>
    public DmIoNbdServerOptions Listen(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        addresses.Add(address);
        return this;
    }

    /// <summary>Block <c>exports</c>: adds an export of a device, such as a volume.</summary>
    public DmIoNbdServerOptions Export(string name, string device) =>
        Export(new NbdExport { Name = name, Device = device });

    /// <summary>Block <c>exports</c>: adds an export.</summary>
    public DmIoNbdServerOptions Export(NbdExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        exports[export.Name] = new HoconTree
        {
            ["device"] = export.Device,
            ["read-only"] = HoconTree.TextOf(export.IsReadOnly),
            ["description"] = export.Description,
            ["default"] = HoconTree.TextOf(export.IsDefault),
            ["pages"] = HoconTree.TextOf(export.Pages),
        };
        return this;
    }

    internal HoconTree ToTree() => new()
    {
        ["listen"] = addresses.Count == 0 ? null : addresses,
        ["allow-insecure"] = HoconTree.TextOf(AllowsInsecure),
        ["tls"] = Tls is null ? null : TreeOf(Tls),
        ["limits"] = Limits is null ? null : TreeOf(Limits),
        ["exports"] = exports,
    };

    private static HoconTree TreeOf(NbdTlsOptions tls)
    {
        var clients = new HoconTree();
        foreach (var (client, allowed) in tls.ClientExports ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            clients[client] = allowed.ToArray<object>();
        }

        return new HoconTree
        {
            ["mode"] = HoconTree.TextOf<NbdTlsMode>(tls.Mode),
            ["certificate"] = tls.CertificateFile,
            ["key"] = tls.KeyFile,
            ["client-authority"] = tls.ClientAuthorityFile,
            ["clients"] = clients,
        };
    }

    private static HoconTree TreeOf(NbdServerLimits limits) => new()
    {
        ["connections"] = HoconTree.TextOf(limits.Connections),
        ["handshake"] = HoconTree.TextOf(limits.Handshake),
        ["option-size"] = HoconTree.TextOf(limits.OptionSize),
        ["requests-in-flight"] = HoconTree.TextOf(limits.RequestsInFlight),
        ["logged-errors"] = HoconTree.TextOf(limits.LoggedErrors),
        ["idle"] = HoconTree.TextOf(limits.Idle ?? TimeSpan.Zero),
        ["receive"] = HoconTree.TextOf(limits.Receive),
        ["send"] = HoconTree.TextOf(limits.Send),
        ["drain"] = HoconTree.TextOf(limits.Drain),
    };
}
