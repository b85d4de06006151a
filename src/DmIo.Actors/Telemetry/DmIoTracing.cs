using System.Diagnostics;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;

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

/// <summary>
/// The spans of one request, used only by its request actor. Created only if there is a listener; dropped with the
/// outcome, so that the request's state can be reused. Does not change the thread's current activity.
/// <code>
///   Begin --SendRegion--> (RegionEnded for each) --End--> ended
/// </code>
/// </summary>
internal sealed class RequestTrace
{
    private readonly Activity request;
    private readonly Activity?[] regions;

    private RequestTrace(Activity request, int regionCount)
    {
        this.request = request;
        regions = new Activity?[regionCount];
    }

    /// <summary>Null: no listener samples the request.</summary>
    internal static RequestTrace? Begin(IoRequest message, int regionCount, LeaseId lease)
    {
        var activity = Start(TelemetryNames.SpanOf(message.Operation), message.Parent ?? default);
        if (activity is null)
        {
            return null;
        }

        activity.SetTag(DmIoMetrics.Operation, TelemetryNames.Of(message.Operation));
        activity.SetTag(DmIoMetrics.Lease, lease.Value);
        activity.SetTag(DmIoTracing.Regions, regionCount);
        return new RequestTrace(activity, regionCount);
    }

    /// <summary>A region is sent to its device, or fails because the device is missing.</summary>
    internal void SendRegion(DeviceIo io)
    {
        var operation = TelemetryNames.Of(io.Operation.Kind);
        if (Start($"{TelemetryNames.SpanOf(io.Operation.Kind)} {io.Region.Device}", request.Context) is { } activity)
        {
            regions[io.RegionIndex] = activity;
            activity.SetTag(DmIoMetrics.Operation, operation);
            activity.SetTag(DmIoMetrics.DeviceName, io.Region.Device);
            activity.SetTag(DmIoTracing.Sector, io.Region.Start.Value);
            activity.SetTag(DmIoTracing.Count, io.Region.Count.Value);
        }
    }

    internal void RegionEnded(int index, in IoStatus status)
    {
        if (regions[index] is { } activity)
        {
            regions[index] = null;
            Stop(activity, status);
        }
    }

    /// <summary>All regions have ended.</summary>
    internal void End(IoResult result)
    {
        var status = IoStatus.Ok;
        foreach (var index in result.Errors)
        {
            status = result[index];
            break;
        }

        Stop(request, status, result.IsOk ? null : result.ToString());
    }

    private static Activity? Start(string name, ActivityContext parent)
    {
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            return DmIoTracing.Source.StartActivity(ActivityKind.Internal, parent, name: name);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    private static void Stop(Activity activity, in IoStatus status, string? description = null)
    {
        if (!status.IsOk)
        {
            activity.SetTag(DmIoMetrics.ErrorType, TelemetryNames.Of(status.Code));
            activity.SetStatus(ActivityStatusCode.Error, description ?? status.ToString());
        }

        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }
}
