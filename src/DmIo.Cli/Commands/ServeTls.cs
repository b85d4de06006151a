using System.CommandLine;
using System.Net;
using DmIo.Nbd.Server;

namespace DmIo.Cli;

/// <summary>What <c>dmio serve</c> takes of encryption: which, by which certificate, and whom it lets in.</summary>
internal static class ServeTls
{
    private static readonly Option<TlsChoice?> Tls = new("--tls")
    {
        Description = "Encryption: none, as the client likes, or always. [default: required with --tls-cert, else off]",
        HelpName = "off|offered|required",
        CustomParser = result => Cli.Options.ReadEnum<TlsChoice>(result),
    };

    private static readonly Option<string?> Certificate = NewFile(
        "--tls-cert", "The server's certificate (PEM), and behind it its issuers'. Read again when it changes.");

    private static readonly Option<string?> Key = NewFile(
        "--tls-key", "The certificate's private key (PEM), without a password.");

    private static readonly Option<string?> Authority = NewFile(
        "--tls-ca", "Clients have to show a certificate that one of these authorities (PEM) signed.");

    private static readonly Option<ExportArgument[]> Allow = new("--tls-allow")
    {
        Description = "With --tls-ca: the client with this name on its certificate may use these exports, and who is "
            + "not named, none. Repeat for more. [default: all may use all]",
        HelpName = "CLIENT=EXPORT",
        CustomParser = result => Cli.Options.ReadAll(result, ParseAllow),
    };

    private static readonly Option<bool> Insecure = new("--insecure")
    {
        Description = "Listen beyond this machine without TLS: whoever reaches the port reads and writes everything.",
    };

    /// <summary>In which order help shows them.</summary>
    internal static IReadOnlyList<Option> Options { get; } = [Tls, Certificate, Key, Authority, Allow, Insecure];

    internal static bool IsInsecure(ParseResult parsed) => parsed.GetValue(Insecure);

    /// <summary>Null: none.</summary>
    /// <exception cref="RefusedException">They do not go together.</exception>
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
                    "--tls-cert, --tls-key, --tls-ca and --tls-allow are of no use without TLS; say --tls required, "
                    + "--tls-cert and --tls-key.");
        }

        if (certificate is null || key is null)
        {
            throw new RefusedException("TLS needs a certificate and its key; say --tls-cert FILE and --tls-key FILE.");
        }

        if (authority is not null && choice == TlsChoice.Offered)
        {
            throw new RefusedException(
                "--tls-ca keeps nobody out with --tls offered: a client that does not encrypt shows no certificate. "
                + "Say --tls required.");
        }

        if (allow.Length > 0 && authority is null)
        {
            throw new RefusedException("--tls-allow goes by clients' certificates; say --tls-ca FILE too.");
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

    /// <exception cref="RefusedException">An address can be reached from elsewhere, and not everybody has to
    /// encrypt.</exception>
    internal static void RequirePrivacy(ParseResult parsed, IReadOnlyList<IPEndPoint> addresses, NbdTlsOptions? tls)
    {
        if (tls is not { Mode: NbdTlsMode.Required } && !IsInsecure(parsed)
            && addresses.FirstOrDefault(address => !IPAddress.IsLoopback(address.Address)) is { } open)
        {
            throw new RefusedException(
                $"--listen {open} can be reached from other machines, and without TLS whoever does so reads and writes "
                + "everything; say --tls required with --tls-cert and --tls-key, listen on 127.0.0.1, or --insecure.");
        }
    }

    /// <exception cref="RefusedException">A client is allowed an export that there is not.</exception>
    internal static void RequireExports(NbdTlsOptions? tls, IReadOnlyList<NbdExport> exports)
    {
        var names = exports.Select(export => export.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (client, allowed) in tls?.ClientExports ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            if (allowed.FirstOrDefault(export => !names.Contains(export)) is { } unknown)
            {
                throw new RefusedException(
                    $"--tls-allow {client}={unknown} names no export; there are "
                    + $"{string.Join(", ", names.Select(name => $"'{name}'"))}.");
            }
        }
    }

    /// <exception cref="FormatException">The text has another shape.</exception>
    private static ExportArgument ParseAllow(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var exports = ExportArgument.DevicesIn(text);
        return equals > 0 && Array.TrueForAll(exports, export => export.Length > 0)
            ? new ExportArgument(text[..equals], exports)
            : throw new FormatException(
                $"--tls-allow '{text}' is not CLIENT=EXPORT or CLIENT=EXPORT,EXPORT, as in alice=disk. CLIENT is a "
                + "name in the certificate of the client.");
    }

    private static Dictionary<string, IReadOnlyList<string>> ExportsByClient(IEnumerable<ExportArgument> allow) =>
        allow.GroupBy(one => one.Name, StringComparer.Ordinal).ToDictionary(
            client => client.Key,
            IReadOnlyList<string> (client) => [.. client.SelectMany(one => one.Devices)],
            StringComparer.Ordinal);

    private static Option<string?> NewFile(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    /// <summary>The values of --tls.</summary>
    private enum TlsChoice
    {
        Off,
        Offered,
        Required,
    }
}
