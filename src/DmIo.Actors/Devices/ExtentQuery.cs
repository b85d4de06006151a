using Akka.Actor;
using DmIo.Devices;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// Queries a device for its extents, on a pool thread since that may block, outside of the device's queue and its
/// actor: so the reply does not depend on them. Any error is a refusal.
/// </summary>
internal sealed class ExtentQuery(IBlockDevice device, GetExtents question, IActorRef replyTo, IActorRef supervisor)
    : IThreadPoolWorkItem
{
    /// <summary>Bounds the memory of a reply; the client can send another query for the rest.</summary>
    internal const int MaxExtents = 1 << 16;

    /// <summary>The fault of the query, or null.</summary>
    internal static string? Check(GetExtents question, DeviceDescription device)
    {
        var (start, count) = (question.Start.Value, question.Count.Value);
        if (question.Max is < 1 or > MaxExtents)
        {
            return $"{question.Max} extents are requested; request 1 to {MaxExtents}.";
        }

        return start < 0 || count < 1 || start > device.Capacity.Sectors.Value - count
            ? $"The range of {count} sectors at sector {start} does not fit '{question.Device}', which has "
                + $"{device.Capacity.Sectors} sectors."
            : null;
    }

    public void Execute() => replyTo.Tell(Answer(), supervisor);

    private object Answer()
    {
        try
        {
            var extents = device.GetExtents(question.Start, question.Count, question.Max);
            return FaultOf(extents, question) is { } fault
                ? new ExtentsRefused(question.Device, fault)
                : new Extents(question.Device, question.Start, extents);
        }
        catch (Exception exception)
        {
            return new ExtentsRefused(
                question.Device, $"'{question.Device}' does not report extents: {exception.Message}");
        }
    }

    private static string? FaultOf(IReadOnlyList<DeviceExtent> extents, GetExtents question)
    {
        var left = question.Count.Value;
        foreach (var extent in extents)
        {
            if (extent.Count.Value < 1 || extent.Count.Value > left)
            {
                return $"'{question.Device}' reported {extent.Count} sectors where {left} are left.";
            }

            left -= extent.Count.Value;
        }

        return extents.Count >= 1 && extents.Count <= question.Max
            ? null
            : $"'{question.Device}' reported {extents.Count} extents where 1 to {question.Max} were requested.";
    }
}
