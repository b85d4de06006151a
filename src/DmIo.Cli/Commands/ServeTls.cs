using System.CommandLine;
using System.Net;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Nbd.Server;

namespace DmIo.Cli.Commands;

/// <summary>The TLS options of <c>dmio serve</c>.</summary>
internal static class ServeTls
{
    private static readonly Option<TlsChoice?> Tls = new("--tls")
    {
        Description = "TLS: off, by choice of the client, or required. [default: required with --tls-cert, else off]",
        HelpName = "off|offered|required",
        CustomParser = result => OptionValues.ReadEnum<TlsChoice>(result),
    };

    private static readonly Option<string?> Certificate = NewFile(
        "--tls-cert", "Certificate of the server (PEM), followed by its issuers. Reloaded when the file changes.");

    private static readonly Option<string?> Key = NewFile(
        "--tls-key", "Private key of the certificate (PEM), without a password.");

    private static readonly Option<string?> Authority = NewFile(
        "--tls-ca", "Authorities (PEM). Clients need a certificate that is signed by one of them.");

    private static readonly Option<AllowArgument[]> Allow = new("--tls-allow")
    {
        Description = "With --tls-ca: exports of the client with this name in its certificate. Other clients have no "
            + "access. Repeat for more clients. [default: all clients have access to all exports]",
        HelpName = "CLIENT=EXPORT",
        CustomParser = result => OptionValues.ReadAll(result, ParseAllow),
    };

    private static readonly Option<bool> Insecure = new("--insecure")
    {
        Description = "Allow other machines to connect without TLS. Every client can then read and write all exports.",
    };

    /// <summary>The options in the order of the help.</summary>
    internal static IReadOnlyList<Option> Options { get; } = [Tls, Certificate, Key, Authority, Allow, Insecure];

    internal static bool IsInsecure(ParseResult parsed) => parsed.GetValue(Insecure);

    /// <summary>The TLS options of the server; null: no TLS.</summary>
    /// <exception cref="RefusedException">The options are inconsistent.</exception>
    internal static NbdTlsOptions? Of(ParseResult parsed)
    {
        var certificate = parsed.GetValue(Certificate);
        var key = parsed.GetValue(Key);
        var authority = parsed.GetValue(Authority);
        var allow = parsed.GetValue(Allow) ?? [];
        var choice = parsed.GetValue(Tls) ?? (certificate is null ? TlsChoice.Off : TlsChoice.Required);
        if (choice == TlsChoice.Off)
        {
            return certificate is null && key is null && authority is null && allow.Length == 0
                ? null
                : throw new RefusedException(
                    "--tls-cert, --tls-key, --tls-ca and --tls-allow have no effect without TLS; give --tls required, "
                    + "--tls-cert and --tls-key.");
        }

        if (certificate is null || key is null)
        {
            throw new RefusedException("TLS needs a certificate and its key; give --tls-cert FILE and --tls-key FILE.");
        }

        if (authority is not null && choice == TlsChoice.Offered)
        {
            throw new RefusedException(
                "--tls-ca has no effect with --tls offered: a client without TLS has no certificate. Give --tls "
                + "required.");
        }

        if (allow.Length > 0 && authority is null)
        {
            throw new RefusedException("--tls-allow needs client certificates; add --tls-ca FILE.");
        }

        return new NbdTlsOptions
        {
            Mode = choice == TlsChoice.Offered ? NbdTlsMode.Offered : NbdTlsMode.Required,
            CertificateFile = certificate,
            KeyFile = key,
            ClientAuthorityFile = authority,
            ClientExports = allow.Length == 0 ? null : ExportsByClient(allow),
        };
    }

    /// <exception cref="RefusedException">Other machines can reach an address, and TLS is not
    /// required.</exception>
    internal static void RequirePrivacy(ParseResult parsed, IReadOnlyList<IPEndPoint> addresses, NbdTlsOptions? tls)
    {
        if (tls is not { Mode: NbdTlsMode.Required } && !IsInsecure(parsed)
            && addresses.FirstOrDefault(address => !IPAddress.IsLoopback(address.Address)) is { } open)
        {
            throw new RefusedException(
                $"--listen {open} can be reached from other machines, and without TLS every client can read and write "
                + "all exports; give --tls required with --tls-cert and --tls-key, listen on 127.0.0.1, or give "
                + "--insecure.");
        }
    }

    /// <exception cref="RefusedException">A client is allowed an unknown export.</exception>
    internal static void RequireExports(NbdTlsOptions? tls, IReadOnlyList<NbdExport> exports)
    {
        var names = exports.Select(export => export.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (client, allowed) in tls?.ClientExports ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            if (allowed.FirstOrDefault(export => !names.Contains(export)) is { } unknown)
            {
                throw new RefusedException(
                    $"--tls-allow {client}={unknown} names no export; the exports are "
                    + $"{string.Join(", ", names.Select(name => $"'{name}'"))}.");
            }
        }
    }

    /// <exception cref="FormatException">The text is invalid.</exception>
    private static AllowArgument ParseAllow(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var exports = ExportArgument.DevicesIn(text);
        return equals > 0 && Array.TrueForAll(exports, export => export.Length > 0)
            ? new AllowArgument(text[..equals], exports)
            : throw new FormatException(
                $"--tls-allow '{text}' is not CLIENT=EXPORT or CLIENT=EXPORT,EXPORT, as in alice=disk. CLIENT is a "
                + "name in the certificate of the client.");
    }

    private static Dictionary<string, IReadOnlyList<string>> ExportsByClient(IEnumerable<AllowArgument> allow) =>
        allow.GroupBy(argument => argument.Client, StringComparer.Ordinal).ToDictionary(
            client => client.Key,
            IReadOnlyList<string> (client) => [.. client.SelectMany(argument => argument.Exports)],
            StringComparer.Ordinal);

    private static Option<string?> NewFile(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    /// <summary>A value of --tls-allow.</summary>
    private sealed record AllowArgument(string Client, IReadOnlyList<string> Exports);

    /// <summary>The values of --tls.</summary>
    private enum TlsChoice
    {
        Off,
        Offered,
        Required,
    }
}
