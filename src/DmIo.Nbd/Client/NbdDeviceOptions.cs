namespace DmIo.Nbd.Client;

/// <summary>How <see cref="NbdDevice.OpenAsync"/> opens an export of an NBD server, and what it bears with.
/// Times are a day at most. Immutable.</summary>
public sealed record NbdDeviceOptions
{
    /// <summary>Where the export is.</summary>
    public required NbdUri Uri { get; init; }

    /// <summary>No writes, discards or zeroes, also where the server would take them.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Connections, 1 to 16, where the server says that a flush on one covers all (CAN_MULTI_CONN); else 1. More than
    /// one is for servers that work on the requests of one connection one after the other.
    /// </summary>
    public int Connections { get; init; } = 1;

    /// <summary>
    /// How long an operation may take before it is TimedOut and the connection that it was sent on is given up: its
    /// late answer must not touch memory that is somebody else's by then. <see cref="TimeSpan.Zero"/>: for ever.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long connecting may take, with all that is agreed on then.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an operation that comes while there is no connection waits for one, before it fails with DeviceGone.
    /// <see cref="TimeSpan.Zero"/>: it fails at once.
    /// </summary>
    public TimeSpan ReconnectWait { get; init; } = TimeSpan.Zero;

    /// <summary>The pause before a lost connection is tried anew; it doubles up to
    /// <see cref="LongestReconnectPause"/>, and differs by up to a quarter, so that not all come at once.</summary>
    public TimeSpan ShortestReconnectPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>See <see cref="ShortestReconnectPause"/>.</summary>
    public TimeSpan LongestReconnectPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a read whose connection was lost is sent again, on another or a new one, within its
    /// <see cref="RequestTimeout"/>. 0: it fails.</summary>
    public int ReadRetries { get; init; }

    /// <summary>
    /// The same of writes, discards and zeroes, and only where the server itself ended the connection: of a connection
    /// that went silent nobody knows whether the server has still to do what it got, and would do it over newer data.
    /// </summary>
    /// <remarks>While it is retried it is in flight, so that nothing that overlaps it is sent. Servers finish, or
    /// forget, what they got before they close; one that doesn't must not be written to with this.</remarks>
    public int WriteRetries { get; init; }

    /// <summary>Of <c>nbds://</c>: PEM file of the authorities that the server's certificate may come from; null: those
    /// of the system.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Of <c>nbds://</c>: PEM file of the certificate that is shown to the server; null: none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its private key, PEM, without a password.</summary>
    public string? KeyFile { get; init; }

    private static TimeSpan MostTime { get; } = TimeSpan.FromDays(1);

    private TimeSpan Longest => new[] { ConnectTimeout, RequestTimeout, ReconnectWait, LongestReconnectPause }.Max();

    /// <summary>What the time-outs and pauses are measured with.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What can't be, as a sentence; null where nothing is.</summary>
    internal string? Fault() => this switch
    {
        { Uri: null } => "There is no URI.",
        { Connections: < 1 or > 16 } => $"{Connections} connections; 1 to 16 are possible.",
        _ when RequestTimeout < TimeSpan.Zero || ReconnectWait < TimeSpan.Zero => "A time-out is negative.",
        _ when ConnectTimeout <= TimeSpan.Zero => "The time-out of connecting is not positive.",
        _ when ShortestReconnectPause <= TimeSpan.Zero || LongestReconnectPause < ShortestReconnectPause =>
            "The pauses between connections are not positive, or the longest is shorter than the shortest.",
        _ when Longest > MostTime => $"A time-out or pause is {Longest}; {MostTime} is the most.",
        { ReadRetries: < 0 } or { WriteRetries: < 0 } => "A number of retries is negative.",
        { CertificateFile: null, KeyFile: not null } or { CertificateFile: not null, KeyFile: null } =>
            "A certificate comes with its key.",
        { Uri.IsTls: false, AuthorityFile: not null } or { Uri.IsTls: false, CertificateFile: not null } =>
            $"Certificates are for nbds://, and '{Uri}' is not encrypted.",
        _ => null,
    };
}
