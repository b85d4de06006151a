using System.Net;
using System.Net.Sockets;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd;

/// <summary>The address of a server as text: <c>ADDRESS</c>, <c>ADDRESS:PORT</c> or <c>unix:PATH</c>.</summary>
public static class NbdAddress
{
    /// <summary>The default port, 10809, which IANA assigned to NBD.</summary>
    public const int DefaultPort = NbdMagic.Port;

    private const string UnixPrefix = "unix:";

    private const string Shape = "Write ADDRESS:PORT, for example 127.0.0.1:10809, [::1]:10809 or 0.0.0.0:10809.";

    /// <summary>Parses an address of any of the three forms.</summary>
    /// <exception cref="FormatException">The text is invalid. The message contains the text and the valid
    /// forms.</exception>
    public static EndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(UnixPrefix, StringComparison.Ordinal)
            ? ParsePath(text[UnixPrefix.Length..])
            : ParseIP(text);
    }

    /// <summary>Parses <c>ADDRESS</c> or <c>ADDRESS:PORT</c>. Port 0 selects any free port.</summary>
    /// <exception cref="FormatException">The text is invalid. The message contains the text and the valid
    /// forms.</exception>
    public static IPEndPoint ParseIP(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (host, port) = Split(text);
        if (host == "localhost")
        {
            host = "127.0.0.1";
        }

        // IPAddress parses a single number as an address.
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

    /// <summary>Parses the path of a unix socket, and makes it absolute.</summary>
    /// <exception cref="FormatException">The path is empty, is too long for the system, or is relative to a working
    /// directory that was deleted.</exception>
    public static UnixDomainSocketEndPoint ParsePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"'{path}' is not a valid path of a unix socket.");
        }

        string full;
        try
        {
            full = Path.GetFullPath(path);
        }
        catch (IOException fault)
        {
            throw new FormatException($"'{path}' is relative, and the working directory was deleted.", fault);
        }

        try
        {
            return new UnixDomainSocketEndPoint(full);
        }
        catch (ArgumentOutOfRangeException fault)
        {
            throw new FormatException(
                $"The socket's path '{full}' has {full.Length} characters; the maximum is about 107. Use a shorter "
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
