using Akka.Actor;
using DmIo.Devices;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// Asks a device for its extents, on a thread of the pool since that may take its time, beside the device's queue and
/// its actor: so the answer comes whatever becomes of these. Any fault is a refusal.
/// </summary>
internal sealed class ExtentQuery(IBlockDevice device, GetExtents question, IActorRef replyTo, IActorRef supervisor)
    : IThreadPoolWorkItem
{
    /// <summary>More would be kept in memory for somebody who can ask again.</summary>
    internal const int MostExtents = 1 << 16;

    /// <summary>The fault of the question, or null.</summary>
    internal static string? Check(GetExtents question, DeviceDescription device)
    {
        var (start, count) = (question.Start.Value, question.Count.Value);
        if (question.Max is < 1 or > MostExtents)
        {
            return $"{question.Max} extents are asked for; ask for 1 to {MostExtents}.";
        }

        return start < 0 || count < 1 || start > device.Capacity.Sectors.Value - count
            ? $"The range of {count} sectors at sector {start} is not one of '{question.Device}', which has "
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
                question.Device, $"'{question.Device}' does not tell what it holds: {exception.Message}");
        }
    }

    private static string? FaultOf(IReadOnlyList<DeviceExtent> extents, GetExtents question)
    {
        var left = question.Count.Value;
        foreach (var extent in extents)
        {
            if (extent.Count.Value < 1 || extent.Count.Value > left)
            {
                return $"'{question.Device}' told of {extent.Count} sectors where {left} are left.";
            }

            left -= extent.Count.Value;
        }

        return extents.Count >= 1 && extents.Count <= question.Max
            ? null
            : $"'{question.Device}' told of {extents.Count} extents where 1 to {question.Max} were asked for.";
    }
}
