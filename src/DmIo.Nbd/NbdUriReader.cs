using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

/// <summary>Parses an <see cref="NbdUri"/>: <c>SCHEME://[HOST[:PORT]][/EXPORT][?KEY=VALUE[&amp;KEY=VALUE]]</c>.
/// <see cref="Uri"/> is not used: it normalizes <c>a/../b</c> and backslashes, which are valid in export
/// names.</summary>
internal static class NbdUriReader
{
    internal const string Shape = "Write nbd://HOST[:PORT]/EXPORT, nbds://HOST[:PORT]/EXPORT, "
        + "nbd+unix:///EXPORT?socket=PATH or nbds+unix:///EXPORT?socket=PATH.";

    private const string Separator = "://";

    /// <summary>The scheme, case-insensitive; null: none of the four.</summary>
    internal static string? SchemeOf(string text) => NbdUri.Schemes.FirstOrDefault(
        scheme => text.StartsWith(scheme + Separator, StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns the error, or null and the URI.</summary>
    internal static string? Read(string text, out NbdUri? uri)
    {
        uri = null;
        if (SchemeOf(text) is not { } scheme)
        {
            return "is not an NBD URI.";
        }

        if (text.Contains('#', StringComparison.Ordinal))
        {
            return "has a '#', which ends a URI; write %23 in a name.";
        }

        var rest = text[(scheme.Length + Separator.Length)..];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var export = slash < 0 ? "" : Uri.UnescapeDataString(rest[(slash + 1)..]);
        var place = slash < 0 ? rest : rest[..slash];
        var isUnix = scheme.EndsWith("+unix", StringComparison.Ordinal);
        var found = new NbdUri { Export = export, IsTls = scheme.StartsWith("nbds", StringComparison.Ordinal) };
        var fault = NbdUriParts.FaultOfExport(export)
            ?? (isUnix ? FaultOfUnixPlace(place) : ReadPlace(place, ref found))
            ?? ReadQuery(query, isUnix, ref found);
        uri = fault is null ? found : null;
        return fault;
    }

    private static string? FaultOfUnixPlace(string place) => place.Length == 0
        ? null
        : $"has the host '{place}' and a unix socket; write a third '/' before the export.";

    private static string? ReadPlace(string place, ref NbdUri uri)
    {
        if (place.Contains('@', StringComparison.Ordinal))
        {
            return "has a user, which is not supported.";
        }

        var colon = place.LastIndexOf(':');
        var hasPort = colon > place.LastIndexOf(']');
        var (host, port) = hasPort ? (place[..colon], place[(colon + 1)..]) : (place, "");
        if (host.Length == 0)
        {
            return "has no host.";
        }

        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        var written = Uri.UnescapeDataString(isBracketed ? host[1..^1] : host);
        if (NbdUriParts.HostOf(written) is not { } known
            || isBracketed != known.Contains(':', StringComparison.Ordinal))
        {
            return $"has the host '{host}', which is neither a name nor an address (IPv6 addresses need brackets).";
        }

        var number = NbdMagic.Port;
        if (port.Length > 0 && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            || number is < 1 or > ushort.MaxValue || port.Contains('\0', StringComparison.Ordinal)))
        {
            return $"has the port '{port}', which is not a number from 1 to {ushort.MaxValue}.";
        }

        uri = uri with { Host = known, Port = number };
        return null;
    }

    private static string? ReadQuery(string query, bool isUnix, ref NbdUri uri)
    {
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : Uri.UnescapeDataString(part[(equals + 1)..]);
            switch (key)
            {
                case "socket" when isUnix && value.Length > 0:
                    uri = uri with { SocketPath = value };
                    break;
                case "tls-hostname" when uri.IsTls && NbdUriParts.HostOf(value) is { } name:
                    uri = uri with { TlsHostname = name };
                    break;
                case "tls-verify-peer" when uri.IsTls && value is "0" or "1":
                    uri = uri with { VerifiesPeer = value == "1" };
                    break;
                case "tls-type" when uri.IsTls && value == "x509":
                    break;
                default:
                    return $"has the unsupported parameter '{part}': socket is for unix sockets, "
                        + "tls-hostname, tls-verify-peer (0 or 1) and tls-type (x509) are for TLS.";
            }
        }

        return !isUnix ? null
            : uri.SocketPath is null ? "has no socket."
            : NbdUriParts.FaultOfSocket(uri.SocketPath);
    }
}

/// <summary>Validates the parts of an <see cref="NbdUri"/>. An error is the end of a sentence that begins with the
/// URI.</summary>
internal static class NbdUriParts
{
    /// <summary>The host in its canonical form, a lower-case ASCII name or an address; null: it is invalid.</summary>
    internal static string? HostOf(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return IPAddress.TryParse(text, out var address) && !text.Contains('[', StringComparison.Ordinal)
                ? address.ToString()
                : null;
        }

        try
        {
            var host = new IdnMapping().GetAscii(text).ToLowerInvariant();
            return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 ? host : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    internal static string? FaultOfExport(string export) => NbdText.IsText(export)
        ? null
        : $"has an export name that is longer than {NbdMagic.MaxStringBytes} bytes of UTF-8, contains NUL, or is not "
            + "text.";

    internal static string? FaultOfSocket(string path)
    {
        if (!NbdText.IsText(path.StartsWith('\0') ? path[1..] : path))
        {
            return "has a socket path that is not valid text, or contains NUL after its first character.";
        }

        try
        {
            _ = new UnixDomainSocketEndPoint(path);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return $"has a socket path that is too long: {path.Length} characters; the maximum is about 107.";
        }
    }
}
