namespace DmIo.Nbd.Client;

/// <summary>Options of <see cref="NbdDevice.OpenAsync"/>. The maximum of all times is one day. Immutable.</summary>
public sealed record NbdDeviceOptions
{
    /// <summary>The URI of the export.</summary>
    public required NbdUri Uri { get; init; }

    /// <summary>The device refuses writes, discards and zeroes even if the server supports them.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The number of connections, 1 to 16. Used only if the server advertises that a flush covers all
    /// connections (CAN_MULTI_CONN); otherwise 1. Several connections help with servers that process the requests of
    /// one connection in sequence.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>The time limit of an operation. After it, the operation fails with TimedOut, and its connection is
    /// closed, because a late reply must not write to memory that has been reused. <see cref="TimeSpan.Zero"/>: no
    /// limit.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time limit of connecting, including the handshake.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an operation waits for a connection while there is none, before it fails with DeviceGone.
    /// <see cref="TimeSpan.Zero"/>: the operation fails immediately.</summary>
    public TimeSpan ReconnectWait { get; init; } = TimeSpan.Zero;

    /// <summary>The delay before the first attempt to reconnect. It doubles up to <see cref="MaxReconnectPause"/>,
    /// and is reduced by a random amount of up to a quarter, so that clients do not reconnect at the same
    /// time.</summary>
    public TimeSpan MinReconnectPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The upper bound of the delay between attempts to reconnect. See
    /// <see cref="MinReconnectPause"/>.</summary>
    public TimeSpan MaxReconnectPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a read is resent after its connection was lost, within its <see cref="RequestTimeout"/>. 0:
    /// the read fails.</summary>
    public int ReadRetries { get; init; }

    /// <summary>How often a write, discard or zeroing is resent, and only if the server closed the connection. If a
    /// connection is lost for another reason, the server may still process the request later, and overwrite newer
    /// data.</summary>
    /// <remarks>During retries, the request is in flight, so no overlapping request is sent. Do not set this for a
    /// server that closes a connection before it has processed or discarded all requests on that connection.</remarks>
    public int WriteRetries { get; init; }

    /// <summary>For <c>nbds://</c>: the PEM file of the authorities that are trusted to sign the server's certificate;
    /// null: the authorities of the system.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>For <c>nbds://</c>: the PEM file of the client certificate; null: none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The PEM file of the private key of the client certificate, unencrypted.</summary>
    public string? KeyFile { get; init; }

    private static TimeSpan MaxTime { get; } = TimeSpan.FromDays(1);

    private TimeSpan LongestTime => new[] { ConnectTimeout, RequestTimeout, ReconnectWait, MaxReconnectPause }.Max();

    /// <summary>The clock of timeouts and delays.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The first invalid option, as a sentence; null: the options are valid.</summary>
    internal string? Fault() => this switch
    {
        { Uri: null } => "The URI is missing.",
        { Connections: < 1 or > 16 } => $"The number of connections is {Connections}; it must be 1 to 16.",
        _ when RequestTimeout < TimeSpan.Zero || ReconnectWait < TimeSpan.Zero => "A timeout is negative.",
        _ when ConnectTimeout <= TimeSpan.Zero => "The connect timeout is not positive.",
        _ when MinReconnectPause <= TimeSpan.Zero || MaxReconnectPause < MinReconnectPause =>
            "The pauses between connections are not positive, or the longest is shorter than the shortest.",
        _ when LongestTime > MaxTime => $"A timeout or pause is {LongestTime}; the maximum is {MaxTime}.",
        { ReadRetries: < 0 } or { WriteRetries: < 0 } => "A number of retries is negative.",
        { CertificateFile: null, KeyFile: not null } or { CertificateFile: not null, KeyFile: null } =>
            "A certificate needs its key, and a key its certificate.",
        { Uri.IsTls: false, AuthorityFile: not null } or { Uri.IsTls: false, CertificateFile: not null } =>
            $"Certificates are for nbds://, and '{Uri}' is not encrypted.",
        _ => null,
    };
}
