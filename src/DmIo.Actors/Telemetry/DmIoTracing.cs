using System.Diagnostics;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// Spans of the <see cref="ActivitySource"/> <see cref="SourceName"/>: one for each request ("dmio write"), from its
/// acceptance to its outcome, with a child for each region that is sent to a device ("dmio write disk1"). The span of a
/// failure has the status Error with the reason, and the attribute <see cref="DmIoMetrics.ErrorType"/>.
/// </summary>
/// <remarks>
/// The parent is the current activity at the call of <see cref="IoClient"/>, or
/// <see cref="IoProtocol.IoRequest.Parent"/> of a message. Without a listener, tracing costs a request one check.
/// </remarks>
public static class DmIoTracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "DmIo.Actors";

    /// <summary>Attribute of a region: its first sector.</summary>
    public const string Sector = "dmio.sector";

    /// <summary>Attribute of a region: its number of sectors of 512 bytes.</summary>
    public const string Count = "dmio.count";

    /// <summary>Attribute of a request: its number of regions.</summary>
    public const string Regions = "dmio.regions";

    internal static readonly ActivitySource Source = new(SourceName, DmIoMetrics.Version);

    /// <summary>The parent of a request's span; null if the source has no listener.</summary>
    internal static ActivityContext? Current => Source.HasListeners() ? Activity.Current?.Context : null;
}
