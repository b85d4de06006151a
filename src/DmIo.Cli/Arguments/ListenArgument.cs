using System.Net;
using System.Net.Sockets;

namespace DmIo.Cli;

/// <summary>Where to listen, as the command line says it: an address and a port, or a unix socket's path.</summary>
internal static class ListenArgument
{
    internal const int DefaultPort = 10809;

    private const string Shape = "Write ADDRESS:PORT, as in 127.0.0.1:10809, [::1]:10809 or 0.0.0.0:10809.";

    /// <summary>Reads <c>ADDRESS</c> or <c>ADDRESS:PORT</c>. Port 0: any free one.</summary>
    /// <exception cref="FormatException">It is neither; the message names it and what would do.</exception>
    internal static IPEndPoint ParseAddress(string text)
    {
        var (host, port) = Split(text);
        if (host == "localhost")
        {
            host = "127.0.0.1";
        }

        // The library takes a bare number for an address.
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

    /// <summary>Reads a path, and makes it absolute.</summary>
    /// <exception cref="FormatException">It is empty, or too long for the system.</exception>
    internal static UnixDomainSocketEndPoint ParsePath(string text)
    {
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"--unix '{text}' is no path.");
        }

        var full = Path.GetFullPath(text);
        try
        {
            return new UnixDomainSocketEndPoint(full);
        }
        catch (ArgumentOutOfRangeException fault)
        {
            throw new FormatException(
                $"--unix '{full}' has {full.Length} characters; the system takes about 107. Say a shorter path.",
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
