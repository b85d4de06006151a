using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
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

    private const string Shape = "Write nbd://HOST[:PORT]/EXPORT, nbds://HOST[:PORT]/EXPORT, "
        + "nbd+unix:///EXPORT?socket=PATH or nbds+unix:///EXPORT?socket=PATH.";

    /// <summary>The host, a name or an address; empty with a unix socket.</summary>
    public string Host { get; private init; } = "";

    /// <summary>The TCP port; 0 with a unix socket.</summary>
    public int Port { get; private init; }

    /// <summary>The unix socket's path; null with TCP. A NUL in front: Linux's abstract namespace.</summary>
    public string? SocketPath { get; private init; }

    /// <summary>The export's name; empty: the server's default export.</summary>
    public string Export { get; private init; } = "";

    /// <summary>TLS, or no connection at all.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Whom the server's certificate has to be made out to; null: the host.</summary>
    public string? TlsHostname { get; private init; }

    /// <summary>Is the server's certificate to be checked? <c>tls-verify-peer=0</c> says no.</summary>
    public bool VerifiesPeer { get; private init; } = true;

    /// <summary>An export over TCP.</summary>
    public static NbdUri Tcp(string host, int port, string export, bool tls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentNullException.ThrowIfNull(export);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return new NbdUri { Host = host, Port = port, Export = export, IsTls = tls };
    }

    /// <summary>An export over a unix socket.</summary>
    public static NbdUri Unix(string socketPath, string export, bool tls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        ArgumentNullException.ThrowIfNull(export);
        return new NbdUri { SocketPath = socketPath, Export = export, IsTls = tls };
    }

    /// <summary>Is this text meant as one? It has one of the schemes.</summary>
    public static bool HasScheme(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Schemes.Any(scheme => text.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is not one; the message names the text, the fault and what would
    /// do.</exception>
    public static NbdUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var uri) is { } fault ? throw new FormatException($"'{text}' {fault} {Shape}") : uri!;
    }

    /// <summary>Reads one; false where it is not one.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NbdUri? uri)
    {
        uri = null;
        return text is not null && Read(text, out uri) is null;
    }

    /// <summary>As it is read.</summary>
    public override string ToString()
    {
        var name = Uri.EscapeDataString(Export).Replace("%2F", "/", StringComparison.Ordinal);
        var scheme = IsTls ? "nbds" : "nbd";
        var query = new List<string>();
        if (SocketPath is not null)
        {
            query.Add("socket=" + Uri.EscapeDataString(SocketPath).Replace("%2F", "/", StringComparison.Ordinal));
        }

        if (TlsHostname is not null)
        {
            query.Add("tls-hostname=" + Uri.EscapeDataString(TlsHostname));
        }

        if (!VerifiesPeer)
        {
            query.Add("tls-verify-peer=0");
        }

        var tail = query.Count == 0 ? "" : "?" + string.Join('&', query);
        var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        var port = Port == NbdMagic.Port ? "" : $":{Port}";
        return SocketPath is not null ? $"{scheme}+unix:///{name}{tail}" : $"{scheme}://{host}{port}/{name}{tail}";
    }

    private static string? Read(string text, out NbdUri? uri)
    {
        uri = null;
        if (!HasScheme(text))
        {
            return "is not an NBD URI.";
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed))
        {
            return "is not a URI.";
        }

        var isUnix = parsed.Scheme.EndsWith("+unix", StringComparison.Ordinal);
        var export = parsed.AbsolutePath.Length == 0 ? "" : Uri.UnescapeDataString(parsed.AbsolutePath[1..]);
        if (NbdText.BytesOf(export) > NbdMagic.LongestString || export.Contains('\0', StringComparison.Ordinal))
        {
            return $"names an export that is longer than {NbdMagic.LongestString} bytes, or has a NUL in it.";
        }

        if (!isUnix && parsed.Host.Length == 0)
        {
            return "names no host.";
        }

        if (isUnix && parsed.Host.Length > 0)
        {
            return $"names the host '{parsed.Host}' and a unix socket; put a third '/' before the export.";
        }

        var found = new NbdUri
        {
            Host = isUnix ? "" : parsed.IdnHost,
            Port = isUnix ? 0 : parsed.IsDefaultPort || parsed.Port < 0 ? NbdMagic.Port : parsed.Port,
            Export = export,
            IsTls = parsed.Scheme.StartsWith("nbds", StringComparison.Ordinal),
        };
        return ReadQuery(parsed.Query, isUnix, ref found) ?? Accept(found, out uri);
    }

    private static string? Accept(NbdUri found, out NbdUri? uri)
    {
        uri = found;
        return null;
    }

    private static string? ReadQuery(string query, bool isUnix, ref NbdUri uri)
    {
        foreach (var part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : Uri.UnescapeDataString(part[(equals + 1)..]);
            switch (key)
            {
                case "socket" when isUnix && value.Length > 0:
                    uri = uri with { SocketPath = value };
                    break;
                case "tls-hostname" when uri.IsTls && value.Length > 0:
                    uri = uri with { TlsHostname = value };
                    break;
                case "tls-verify-peer" when uri.IsTls && value is "0" or "1":
                    uri = uri with { VerifiesPeer = value == "1" };
                    break;
                case "tls-type" when uri.IsTls && value == "x509":
                    break;
                default:
                    return $"has the parameter '{part}', which means nothing here: socket is for unix sockets, "
                        + "tls-hostname, tls-verify-peer (0 or 1) and tls-type (x509) are for TLS.";
            }
        }

        return isUnix && uri.SocketPath is null ? "names no socket." : Fits(uri.SocketPath);
    }

    private static string? Fits(string? socketPath)
    {
        try
        {
            _ = socketPath is null ? null : new UnixDomainSocketEndPoint(socketPath);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return $"names a socket whose path is too long: {socketPath!.Length} characters, about 107 are possible.";
        }
    }
}
