using System.Diagnostics;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// Spans, by the <see cref="ActivitySource"/> <see cref="SourceName"/>: one for each request ("dmio write"), from its
/// acceptance to its outcome, and in it one for each region that goes to a device ("dmio write disk1"). One that
/// failed has the status Error with the reason, and <see cref="DmIoMetrics.ErrorType"/>.
/// </summary>
/// <remarks>
/// Its parent is what is current where <see cref="IoClient"/> is called, or <see cref="IoProtocol.IoRequest.Parent"/>
/// of a message. While nobody listens, a request pays for one look whether somebody does.
/// </remarks>
public static class DmIoTracing
{
    /// <summary>The source.</summary>
    public const string SourceName = "DmIo.Actors";

    /// <summary>Attribute of a region: its first sector.</summary>
    public const string Sector = "dmio.sector";

    /// <summary>Attribute of a region: how many sectors of 512 bytes.</summary>
    public const string Count = "dmio.count";

    /// <summary>Attribute of a request: how many regions.</summary>
    public const string Regions = "dmio.regions";

    internal static readonly ActivitySource Source = new(SourceName, DmIoMetrics.Version);

    /// <summary>What a request of the caller's is to be the child of; nothing where nobody would see it.</summary>
    internal static ActivityContext? Current => Source.HasListeners() ? Activity.Current?.Context : null;
}
