using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

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
