using System.Diagnostics.CodeAnalysis;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

/// <summary>The URI of an export: <c>nbd://host:port/name</c>, <c>nbds://</c> (TLS),
/// <c>nbd+unix:///name?socket=PATH</c>, <c>nbds+unix://</c>. Immutable. Source: NetworkBlockDevice/nbd,
/// doc/uri.md.</summary>
/// <remarks>The default port is 10809. Without a path, the URI names the default export, whose name is empty.
/// <c>nbds</c> requires TLS, and <c>nbd</c> never uses it; there is no fallback in either direction.</remarks>
public sealed record NbdUri
{
    /// <summary>The four schemes.</summary>
    public static IReadOnlyList<string> Schemes { get; } = ["nbd", "nbds", "nbd+unix", "nbds+unix"];

    /// <summary>The host name or IP address; empty for a unix socket.</summary>
    public string Host { get; internal init; } = "";

    /// <summary>The TCP port; 0 for a unix socket.</summary>
    public int Port { get; internal init; }

    /// <summary>The path of the unix socket; null for TCP. A leading NUL denotes Linux's abstract namespace.</summary>
    public string? SocketPath { get; internal init; }

    /// <summary>The name of the export; empty: the server's default export.</summary>
    public string Export { get; internal init; } = "";

    /// <summary>The connection requires TLS.</summary>
    public bool IsTls { get; internal init; }

    /// <summary>The name that the server's certificate must contain; null: the host.</summary>
    public string? TlsHostname { get; internal init; }

    /// <summary>The server's certificate is verified; false with <c>tls-verify-peer=0</c>.</summary>
    public bool VerifiesPeer { get; internal init; } = true;

    /// <summary>Creates the URI of an export over TCP.</summary>
    /// <param name="host">A host name or IP address; an IPv6 address without brackets.</param>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <param name="export">The name of the export: at most 4096 bytes of UTF-8 without NUL.</param>
    /// <param name="tls">True: the connection requires TLS.</param>
    /// <exception cref="ArgumentException">An argument is invalid; the message explains why.</exception>
    public static NbdUri Tcp(string host, int port, string export, bool tls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentNullException.ThrowIfNull(export);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        Refuse(NbdUriParts.FaultOfExport(export), nameof(export));
        var known = NbdUriParts.HostOf(host);
        Refuse(known is null ? $"has the host '{host}', which is neither a name nor an address." : null, nameof(host));
        return new NbdUri { Host = known!, Port = port, Export = export, IsTls = tls };
    }

    /// <summary>Creates the URI of an export over a unix socket.</summary>
    /// <param name="socketPath">The path of the socket, at most about 107 bytes; a leading NUL denotes Linux's abstract
    /// namespace.</param>
    /// <param name="export">The name of the export: at most 4096 bytes of UTF-8 without NUL.</param>
    /// <param name="tls">True: the connection requires TLS.</param>
    /// <exception cref="ArgumentException">An argument is invalid; the message explains why.</exception>
    public static NbdUri Unix(string socketPath, string export, bool tls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        ArgumentNullException.ThrowIfNull(export);
        Refuse(NbdUriParts.FaultOfExport(export), nameof(export));
        Refuse(NbdUriParts.FaultOfSocket(socketPath), nameof(socketPath));
        return new NbdUri { SocketPath = socketPath, Export = export, IsTls = tls };
    }

    /// <summary>Returns whether the text begins with one of the four schemes.</summary>
    public static bool HasScheme(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NbdUriReader.SchemeOf(text) is not null;
    }

    /// <summary>Parses a URI.</summary>
    /// <exception cref="FormatException">The text is invalid. The message contains the text, the error and the valid
    /// forms.</exception>
    public static NbdUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NbdUriReader.Read(text, out var uri) is { } fault
            ? throw new FormatException($"'{text}' {fault} {NbdUriReader.Shape}")
            : uri!;
    }

    /// <summary>Parses a URI; returns false if the text is invalid.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NbdUri? uri)
    {
        uri = null;
        return text is not null && NbdUriReader.Read(text, out uri) is null;
    }

    /// <summary>Formats the URI in the form that <see cref="Parse"/> accepts.</summary>
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
