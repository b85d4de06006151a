using System.Diagnostics.CodeAnalysis;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

/// <summary>
/// Where an export is: <c>nbd://host:port/name</c>, <c>nbds://</c> (TLS), <c>nbd+unix:///name?socket=PATH</c>,
/// <c>nbds+unix://</c>. Immutable. Source: NetworkBlockDevice/nbd, doc/uri.md.
/// </summary>
/// <remarks>Without a port 10809; without a path the default export, whose name is empty. Without <c>s</c> nothing is
/// encrypted: there is no silent change from one to the other, in either direction.</remarks>
public sealed record NbdUri
{
    /// <summary>The four schemes.</summary>
    public static IReadOnlyList<string> Schemes { get; } = ["nbd", "nbds", "nbd+unix", "nbds+unix"];

    /// <summary>The host, a name or an address; empty with a unix socket.</summary>
    public string Host { get; internal init; } = "";

    /// <summary>The TCP port; 0 with a unix socket.</summary>
    public int Port { get; internal init; }

    /// <summary>The unix socket's path; null with TCP. A NUL in front: Linux's abstract namespace.</summary>
    public string? SocketPath { get; internal init; }

    /// <summary>The export's name; empty: the server's default export.</summary>
    public string Export { get; internal init; } = "";

    /// <summary>TLS, or no connection at all.</summary>
    public bool IsTls { get; internal init; }

    /// <summary>Whom the server's certificate has to be made out to; null: the host.</summary>
    public string? TlsHostname { get; internal init; }

    /// <summary>Is the server's certificate to be checked? <c>tls-verify-peer=0</c> says no.</summary>
    public bool VerifiesPeer { get; internal init; } = true;

    /// <summary>An export over TCP.</summary>
    /// <param name="host">A name or an address; an address of IPv6 without brackets.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="export">At most 4096 bytes of UTF-8 without a NUL.</param>
    /// <param name="tls">Encrypted.</param>
    /// <exception cref="ArgumentException">One of them can't be; the message says why.</exception>
    public static NbdUri Tcp(string host, int port, string export, bool tls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentNullException.ThrowIfNull(export);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        Refuse(NbdUriParts.FaultOfExport(export), nameof(export));
        var known = NbdUriParts.HostOf(host);
        Refuse(known is null ? $"names the host '{host}', neither a name nor an address." : null, nameof(host));
        return new NbdUri { Host = known!, Port = port, Export = export, IsTls = tls };
    }

    /// <summary>An export over a unix socket.</summary>
    /// <param name="socketPath">About 107 bytes at most; a NUL in front: Linux's abstract namespace.</param>
    /// <param name="export">At most 4096 bytes of UTF-8 without a NUL.</param>
    /// <param name="tls">Encrypted.</param>
    /// <exception cref="ArgumentException">One of them can't be; the message says why.</exception>
    public static NbdUri Unix(string socketPath, string export, bool tls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        ArgumentNullException.ThrowIfNull(export);
        Refuse(NbdUriParts.FaultOfExport(export), nameof(export));
        Refuse(NbdUriParts.FaultOfSocket(socketPath), nameof(socketPath));
        return new NbdUri { SocketPath = socketPath, Export = export, IsTls = tls };
    }

    /// <summary>Is this text meant as one? It has one of the schemes.</summary>
    public static bool HasScheme(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NbdUriReader.SchemeOf(text) is not null;
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is not one; the message names the text, the fault and what would
    /// do.</exception>
    public static NbdUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NbdUriReader.Read(text, out var uri) is { } fault
            ? throw new FormatException($"'{text}' {fault} {NbdUriReader.Shape}")
            : uri!;
    }

    /// <summary>Reads one; false where it is not one.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NbdUri? uri)
    {
        uri = null;
        return text is not null && NbdUriReader.Read(text, out uri) is null;
    }

    /// <summary>As it is read.</summary>
    public override string ToString()
    {
        var scheme = IsTls ? "nbds" : "nbd";
        var query = new List<string>();
        if (SocketPath is not null)
        {
            query.Add("socket=" + Escaped(SocketPath));
        }

        if (TlsHostname is not null)
        {
            query.Add("tls-hostname=" + Escaped(TlsHostname));
        }

        if (!VerifiesPeer)
        {
            query.Add("tls-verify-peer=0");
        }

        var tail = query.Count == 0 ? "" : "?" + string.Join('&', query);
        var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Escaped(Host, ":")}]" : Host;
        var port = Port == NbdMagic.Port ? "" : $":{Port}";
        return SocketPath is not null
            ? $"{scheme}+unix:///{Escaped(Export)}{tail}"
            : $"{scheme}://{host}{port}/{Escaped(Export)}{tail}";
    }

    private static string Escaped(string text, string except = "/") =>
        string.Join(except, text.Split(except).Select(Uri.EscapeDataString));

    private static void Refuse(string? fault, string parameter)
    {
        if (fault is not null)
        {
            throw new ArgumentException($"A URI {fault}", parameter);
        }
    }
}
