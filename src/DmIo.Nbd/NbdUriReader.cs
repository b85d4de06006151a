using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

/// <summary>
/// Reads an <see cref="NbdUri"/>: <c>SCHEME://[HOST[:PORT]][/EXPORT][?KEY=VALUE[&amp;KEY=VALUE]]</c>. Not by
/// <see cref="Uri"/>, for which <c>a/../b</c> is <c>b</c>, and a backslash a slash: names of exports are neither.
/// </summary>
internal static class NbdUriReader
{
    internal const string Shape = "Write nbd://HOST[:PORT]/EXPORT, nbds://HOST[:PORT]/EXPORT, "
        + "nbd+unix:///EXPORT?socket=PATH or nbds+unix:///EXPORT?socket=PATH.";

    private const string Separator = "://";

    /// <summary>Which of the four it is, in any case of letters; null: none.</summary>
    internal static string? SchemeOf(string text) => NbdUri.Schemes.FirstOrDefault(
        scheme => text.StartsWith(scheme + Separator, StringComparison.OrdinalIgnoreCase));

    /// <summary>The fault, or null and the URI.</summary>
    internal static string? Read(string text, out NbdUri? uri)
    {
        uri = null;
        if (SchemeOf(text) is not { } scheme)
        {
            return "is not an NBD URI.";
        }

        if (text.Contains('#', StringComparison.Ordinal))
        {
            return "has a '#', which ends a URI; in a name it is written %23.";
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
        : $"names the host '{place}' and a unix socket; put a third '/' before the export.";

    private static string? ReadPlace(string place, ref NbdUri uri)
    {
        if (place.Contains('@', StringComparison.Ordinal))
        {
            return "names a user, which means nothing here.";
        }

        var colon = place.LastIndexOf(':');
        var hasPort = colon > place.LastIndexOf(']');
        var (host, port) = hasPort ? (place[..colon], place[(colon + 1)..]) : (place, "");
        if (host.Length == 0)
        {
            return "names no host.";
        }

        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        var written = Uri.UnescapeDataString(isBracketed ? host[1..^1] : host);
        if (NbdUriParts.HostOf(written) is not { } known
            || isBracketed != known.Contains(':', StringComparison.Ordinal))
        {
            return $"names the host '{host}', which is neither a name nor an address (one of IPv6 is in brackets).";
        }

        var number = NbdMagic.Port;
        if (port.Length > 0 && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            || number is < 1 or > ushort.MaxValue || port.Contains('\0', StringComparison.Ordinal)))
        {
            return $"names the port '{port}', which is not a number from 1 to {ushort.MaxValue}.";
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
                    return $"has the parameter '{part}', which means nothing here: socket is for unix sockets, "
                        + "tls-hostname, tls-verify-peer (0 or 1) and tls-type (x509) are for TLS.";
            }
        }

        return !isUnix ? null
            : uri.SocketPath is null ? "names no socket."
            : NbdUriParts.FaultOfSocket(uri.SocketPath);
    }
}

/// <summary>What the parts of an <see cref="NbdUri"/> may be. A fault is the end of a sentence that begins with the
/// URI.</summary>
internal static class NbdUriParts
{
    /// <summary>The host as it is looked up: a name in ASCII and small letters, or an address; null: it is
    /// neither.</summary>
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
        : $"names an export that is longer than {NbdMagic.LongestString} bytes of UTF-8, has a NUL in it, or is no "
            + "text.";

    internal static string? FaultOfSocket(string path)
    {
        if (!NbdText.IsText(path.StartsWith('\0') ? path[1..] : path))
        {
            return "names a socket whose path is no text, or has a NUL in it that is not in front.";
        }

        try
        {
            _ = new UnixDomainSocketEndPoint(path);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return $"names a socket whose path is too long: {path.Length} characters, about 107 are possible.";
        }
    }
}
