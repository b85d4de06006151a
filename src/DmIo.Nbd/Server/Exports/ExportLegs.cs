using DmIo.Io;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Exports;

/// <summary>
/// The devices of one export, which hold the same data. A device that missed a write, or failed a read that another
/// device completed, is dropped permanently, and <paramref name="onDropped"/> is called before the client is answered.
/// The last device is never dropped: the client gets its error. A discard is a hint, so a device that fails one is
/// kept. Thread-safe.
/// </summary>
/// <param name="devices">The names of the devices.</param>
/// <param name="onDropped">Called for each dropped device.</param>
internal sealed class ExportLegs(IReadOnlyList<string> devices, Action<string, IoStatus> onDropped)
{
    private readonly Lock gate = new();
    private volatile string[] live = [.. devices];

    /// <summary>The remaining devices, in order; an immutable snapshot.</summary>
    internal string[] Live => live;

    /// <summary>The status of a request that was sent to all of <paramref name="used"/>.</summary>
    /// <param name="used">The devices, in the order of the result's regions.</param>
    /// <param name="result">The statuses of the devices.</param>
    /// <param name="isHint">A device that failed the request is kept, unless it is unknown whether the request was
    /// executed: a late discard would destroy data that was written after it.</param>
    internal IoStatus Resolve(string[] used, IoResult result, bool isHint)
    {
        if (result.IsOk)
        {
            return IoStatus.Ok;
        }

        var missed = isHint ? InDoubt(result) : result.Errors;
        List<(string Device, IoStatus Status)> dropped = [];
        lock (gate)
        {
            var hasSurvivor = Enumerable.Range(0, used.Length)
                .Any(index => !result.Errors[index] && live.Contains(used[index], StringComparer.Ordinal));
            if (!hasSurvivor)
            {
                return Joined(used, result);
            }

            foreach (var index in missed)
            {
                if (TryDrop(used[index]))
                {
                    dropped.Add((used[index], result[index]));
                }
            }
        }

        dropped.ForEach(leg => onDropped(leg.Device, leg.Status));
        return IoStatus.Ok;
    }

    /// <summary>The device failed a read that another device completed.</summary>
    internal void Drop(string device, in IoStatus status)
    {
        bool isDropped;
        lock (gate)
        {
            isDropped = live.Length > 1 && TryDrop(device);
        }

        if (isDropped)
        {
            onDropped(device, status);
        }
    }

    private static ErrorBits InDoubt(IoResult result)
    {
        var bits = default(ErrorBits);
        foreach (var index in result.Errors)
        {
            bits = ConnectionErrors.IsInDoubt(result[index]) ? bits.With(index) : bits;
        }

        return bits;
    }

    private bool TryDrop(string device)
    {
        var left = live.Where(other => !string.Equals(other, device, StringComparison.Ordinal)).ToArray();
        var isDropped = left.Length < live.Length;
        live = left;
        return isDropped;
    }

    /// <summary>The first failure, with the messages of all.</summary>
    private static IoStatus Joined(string[] used, IoResult result)
    {
        var indices = Enumerable.Range(0, used.Length).Where(index => result.Errors[index]).ToArray();
        var first = result[indices[0]];
        if (used.Length == 1)
        {
            return first;
        }

        var message = string.Join("; ", indices.Select(index => $"'{used[index]}': {result[index]}"));
        return new IoStatus(first.Code, (first.Failure ?? new IoFailure("")) with { Message = message });
    }
}
