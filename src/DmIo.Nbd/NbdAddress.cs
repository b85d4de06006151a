using System.Net;
using System.Net.Sockets;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

/// <summary>Where a server listens, as text: <c>ADDRESS</c>, <c>ADDRESS:PORT</c> or <c>unix:PATH</c>.</summary>
public static class NbdAddress
{
    /// <summary>The port of an address without one: NBD's registered port.</summary>
    public const int DefaultPort = NbdMagic.Port;

    private const string UnixPrefix = "unix:";

    private const string Shape = "Write ADDRESS:PORT, as in 127.0.0.1:10809, [::1]:10809 or 0.0.0.0:10809.";

    /// <summary>Reads any of the three.</summary>
    /// <exception cref="FormatException">It is none of them; the message names the text and the fix.</exception>
    public static EndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(UnixPrefix, StringComparison.Ordinal)
            ? ParsePath(text[UnixPrefix.Length..])
            : ParseIP(text);
    }

    /// <summary>Reads <c>ADDRESS</c> or <c>ADDRESS:PORT</c>; port 0 is any free one.</summary>
    /// <exception cref="FormatException">It is neither; the message names the text and the fix.</exception>
    public static IPEndPoint ParseIP(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (host, port) = Split(text);
        if (host == "localhost")
        {
            host = "127.0.0.1";
        }

        // IPAddress takes a bare number for an address.
        var isAddress = host.Contains(':', StringComparison.Ordinal) || host.Count(letter => letter == '.') == 3;
        if (!isAddress || !IPAddress.TryParse(host, out var address))
        {
            throw new FormatException($"'{host}' in '{text}' is not an IP address. {Shape}");
        }

        return port is null
            ? new IPEndPoint(address, DefaultPort)
            : ushort.TryParse(port, out var number)
                ? new IPEndPoint(address, number)
                : throw new FormatException($"'{port}' in '{text}' is not a port from 0 to {ushort.MaxValue}. {Shape}");
    }

    /// <summary>Reads the path of a unix socket, and makes it absolute.</summary>
    /// <exception cref="FormatException">It is empty, or too long for the system, or relative to a working directory
    /// that was deleted.</exception>
    public static UnixDomainSocketEndPoint ParsePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"'{path}' is no path of a unix socket.");
        }

        string full;
        try
        {
            full = Path.GetFullPath(path);
        }
        catch (IOException fault)
        {
            throw new FormatException($"'{path}' leads nowhere: the working directory was deleted.", fault);
        }

        try
        {
            return new UnixDomainSocketEndPoint(full);
        }
        catch (ArgumentOutOfRangeException fault)
        {
            throw new FormatException(
                $"The socket's path '{full}' has {full.Length} characters; the system takes about 107. Use a shorter "
                    + "one.",
                fault);
        }
    }

    private static (string Host, string? Port) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        var isBareV6 = bracket < 0 && text.IndexOf(':', StringComparison.Ordinal) != colon;
        var hasPort = colon > bracket && !isBareV6;
        var host = hasPort ? text[..colon] : text;
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }

        return (host, hasPort ? text[(colon + 1)..] : null);
    }
}
