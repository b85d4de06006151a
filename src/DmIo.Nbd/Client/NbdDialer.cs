using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>Connects to a server and negotiates the export, within a time limit. External failures are thrown as
/// <see cref="IOException"/>, with a message that names the cause. No socket is left open after a failure.</summary>
internal sealed class NbdDialer(NbdDeviceOptions options)
{
    private const int KeepAliveSeconds = 15;
    private const int KeepAliveProbes = 4;

    /// <exception cref="IOException">The connection or the handshake failed.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the operation.</exception>
    internal async Task<(NbdTransport Transport, NegotiatedExport Export)> DialAsync(CancellationToken ending)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ending);
        try
        {
            return await ConnectAsync(both.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException
            && ending.IsCancellationRequested)
        {
            throw new OperationCanceledException(fault.Message, fault, ending);
        }
        catch (SocketException fault)
        {
            throw new IOException($"The server is unreachable: {Explain(fault)}.", fault);
        }
        catch (Exception fault) when (fault is AuthenticationException or CryptographicException)
        {
            throw new IOException($"TLS fails: {fault.Message} {fault.InnerException?.Message}".TrimEnd(), fault);
        }
        catch (Exception fault) when (limit.IsCancellationRequested && !ending.IsCancellationRequested)
        {
            throw new IOException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The server did not answer within {options.ConnectTimeout.TotalSeconds} s."),
                fault);
        }
    }

    /// <summary>For a unix socket that does not exist, the operating system reports that an address cannot be
    /// assigned.</summary>
    private string Explain(SocketException fault) => (options.Uri.SocketPath, fault.SocketErrorCode) switch
    {
        ({ } path, SocketError.AddressNotAvailable) => $"there is no socket '{path}'",
        ({ } path, SocketError.ConnectionRefused) => $"no process listens on '{path}'; its server has ended",
        _ => fault.Message,
    };

    private static Socket NewSocket(NbdUri uri)
    {
        if (uri.SocketPath is not null)
        {
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        return socket;
    }

    private async Task<(NbdTransport Transport, NegotiatedExport Export)> ConnectAsync(CancellationToken ending)
    {
        var uri = options.Uri;
        var socket = NewSocket(uri);
        NbdTransport transport = new SocketTransport(socket);
        try
        {
            // Ends all pending I/O.
            await using var watch = ending.Register(transport.Abort).ConfigureAwait(false);
            EndPoint place = uri.SocketPath is { } path
                ? new UnixDomainSocketEndPoint(path)
                : IPAddress.TryParse(uri.Host, out var address)
                ? new IPEndPoint(address, uri.Port)
                : new DnsEndPoint(uri.Host, uri.Port);
            await socket.ConnectAsync(place, ending).ConfigureAwait(false);
            return await NegotiateAsync(transport, socket, ending).ConfigureAwait(false);
        }
        catch
        {
            transport.Abort();
            throw;
        }
    }

    private async Task<(NbdTransport Transport, NegotiatedExport Export)> NegotiateAsync(
        NbdTransport transport, Socket socket, CancellationToken ending)
    {
        var handshake = new ClientHandshake(options.Uri.Export, options.Uri.IsTls);
        for (var step = HandshakeStep.More; ;)
        {
            await transport.SendAsync([handshake.TakeOutgoing()]).ConfigureAwait(false);
            switch (step)
            {
                case HandshakeStep.Done:
                    var export = handshake.Result!;
                    return ExportGeometry.FaultOf(export) is { } fault
                        ? throw new IOException(fault)
                        : (transport, export);
                case HandshakeStep.Failed:
                    throw new IOException(handshake.Fault);
                case HandshakeStep.StartTls:
                    transport = await EncryptAsync(socket, ending).ConfigureAwait(false);
                    handshake.TlsStarted();
                    step = HandshakeStep.More;
                    continue;
            }

            var wanted = new byte[handshake.WantedBytes];
            if (!await transport.FillAsync(wanted.AsMemory()).ConfigureAwait(false))
            {
                throw new IOException(
                    $"The server closed the connection during the handshake for the export '{options.Uri.Export}'.");
            }

            step = handshake.Receive(wanted);
        }
    }

    private async Task<NbdTransport> EncryptAsync(Socket socket, CancellationToken ending)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await stream.AuthenticateAsClientAsync(ClientTls.OptionsFor(options), ending).ConfigureAwait(false);
        return new TlsTransport(stream, new SocketTransport(socket));
    }
}

/// <summary>The client's TLS options: TLS 1.2 and later. The server's certificate is verified unless the URI disables
/// that. The files are read for each connection, so new certificates need no restart.</summary>
internal static class ClientTls
{
    /// <exception cref="CryptographicException">The content of a file is invalid.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    [SuppressMessage("Security", "CA5359", Justification = "Only if the URI has tls-verify-peer=0.")]
    internal static SslClientAuthenticationOptions OptionsFor(NbdDeviceOptions options)
    {
        var uri = options.Uri;
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = uri.TlsHostname ?? (uri.SocketPath is null ? uri.Host : "localhost"),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (!uri.VerifiesPeer)
        {
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else if (options.AuthorityFile is { } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(TlsFiles.ReadAuthorities(authorities));
        }

        if (options.CertificateFile is { } certificate)
        {
            tls.ClientCertificateContext = TlsFiles.ReadIdentity(certificate, options.KeyFile!);
        }

        return tls;
    }
}
