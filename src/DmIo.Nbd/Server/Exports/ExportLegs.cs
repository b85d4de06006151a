using DmIo.Io;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server.Exports;

/// <summary>
/// The devices behind one export. All of them hold the same: one that missed something, or failed to read what another
/// could, is left out for good, and that is told before the client hears of its request. The last one stays, whatever
/// it does: then the client gets its error. A discard is a hint: one that fails it has missed nothing. Any thread.
/// </summary>
/// <param name="devices">Their names.</param>
/// <param name="lost">Told of each that is left out.</param>
internal sealed class ExportLegs(IReadOnlyList<string> devices, Action<string, IoStatus> lost)
{
    private readonly Lock gate = new();
    private volatile string[] live = [.. devices];

    /// <summary>Those that are left, in order; a snapshot that never changes.</summary>
    internal string[] Live => live;

    /// <summary>Of a request that went to all of <paramref name="used"/>: what the client is told.</summary>
    /// <param name="used">The legs, in the order of the result's regions.</param>
    /// <param name="result">What became of them.</param>
    /// <param name="isHint">A leg that failed it has missed nothing. Where it is not known whether it failed, the leg
    /// is left out all the same: a discard that takes place late would destroy what was written after it.</param>
    internal IoStatus Resolve(string[] used, IoResult result, bool isHint)
    {
        if (result.IsOk)
        {
            return IoStatus.Ok;
        }

        var missed = isHint ? InDoubt(result) : result.Errors;
        List<(string Device, IoStatus Status)> leaving = [];
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
                    leaving.Add((used[index], result[index]));
                }
            }
        }

        leaving.ForEach(leg => lost(leg.Device, leg.Status));
        return IoStatus.Ok;
    }

    /// <summary>It failed to do what another could.</summary>
    internal void Lose(string device, in IoStatus status)
    {
        bool isDropped;
        lock (gate)
        {
            isDropped = live.Length > 1 && TryDrop(device);
        }

        if (isDropped)
        {
            lost(device, status);
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

    /// <summary>The first failure, with the words of all.</summary>
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
