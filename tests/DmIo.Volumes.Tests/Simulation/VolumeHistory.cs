using DmIo.Io;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// The history of all operations of all users, and whether a volume that is one register per sector could have answered
/// them so: no acknowledged write is lost, no read goes back.
/// <list type="bullet">
/// <item>A write that has no outcome, or one other than Ok, took effect before its end, or never. It did if a read
/// returned it. One that was Suspended never takes effect.</item>
/// <item>After a loss of power that lost something, each sector holds a write that no durable write had replaced.
/// Durable: forced, or acknowledged or read before a flush began that was Ok.</item>
/// </list>
/// Unlike the oracle of DmIo.TestKit, it holds the values that reads returned against later reads, and a loss of power
/// need not say what it left.
/// </summary>
internal sealed class VolumeHistory
{
    private readonly SimulatedVolume volume;
    private readonly Dictionary<int, List<SectorWrite>> touched = [];
    private readonly HashSet<UserOperation> inFlight = [];
    private readonly List<SectorWrite> volatiles = [];
    private bool mustReport;
    private long now;

    internal VolumeHistory(SimulatedVolume volume, int sectors)
    {
        this.volume = volume;
        Sectors = sectors;
    }

    internal int Sectors { get; }

    /// <summary>The operations that were answered with Ok.</summary>
    internal int Answered { get; private set; }

    internal void Begin(UserOperation user)
    {
        user.Began = ++now;
        inFlight.Add(user);
        for (var i = 0; i < user.Count && user.Changes; i++)
        {
            WritesOf(user.Start + i).Add(new SectorWrite(user.Content, now) { LastStart = now });
        }
    }

    /// <param name="user">An operation in flight.</param>
    /// <param name="outcome">Its outcome; null: its writer crashed.</param>
    internal void Ended(UserOperation user, OperationOutcome? outcome)
    {
        now++;
        user.Outcome = outcome;
        inFlight.Remove(user);
        var isOk = outcome == OperationOutcome.Ok;
        Answered += isOk ? 1 : 0;
        switch (user.Kind)
        {
            case IoOperation.Flush:
                EndFlush(user, outcome);
                break;
            case IoOperation.Read:
                for (var i = 0; i < user.Count && isOk; i++)
                {
                    EndRead(user, user.Start + i, user.Found[i]);
                }

                break;
            default:
                for (var i = 0; i < user.Count; i++)
                {
                    EndWrite(user, user.Start + i, outcome);
                }

                break;
        }
    }

    /// <summary>The sector may hold the content if nothing was lost.</summary>
    internal bool IsAllowed(int sector, byte[]? content)
    {
        if (volume.Rot.Made(content))
        {
            return true;
        }

        if (!touched.TryGetValue(sector, out var writes))
        {
            return content is null;
        }

        return writes.Exists(write => write.Content == content
            && !writes.Exists(other => other != write && other.IsCertain
                && write.FirstEnd < other.LastStart && other.FirstEnd <= now));
    }

    /// <summary>The writes that the sector may hold.</summary>
    internal string Describe(int sector) => $"sector {sector}: {Describe(WritesOf(sector))}";

    /// <summary>The sectors that an operation changed.</summary>
    internal IEnumerable<int> Touched => touched.Keys;

    /// <summary>Power was lost, and data with it: until a flush has reported that, no flush is Ok.</summary>
    internal void LosePower()
    {
        now++;
        mustReport = true;
        foreach (var sector in touched.Keys.ToArray())
        {
            var writes = touched[sector];
            var left = writes.FindAll(write => !writes.Exists(other => other != write
                && other is { IsCertain: true, IsDurable: true } && write.FirstEnd < other.LastStart));
            touched[sector] = left.ConvertAll(write => write.AfterLoss(now, isOnly: left.Count == 1));
        }

        volatiles.Clear();
        foreach (var writes in touched.Values)
        {
            volatiles.AddRange(writes.Where(write => !write.IsDurable));
        }
    }

    private List<SectorWrite> WritesOf(int sector)
    {
        if (!touched.TryGetValue(sector, out var writes))
        {
            touched.Add(sector, writes = [new SectorWrite(null, 0, hasEnded: true).Acknowledge(0, isDurable: true)]);
        }

        return writes;
    }

    private void EndWrite(UserOperation user, int sector, OperationOutcome? outcome)
    {
        var writes = touched[sector];
        if (writes.Find(one => one.Began == user.Began) is not { } write)
        {
            // It was read and then replaced before it had an outcome.
            return;
        }

        if (outcome == OperationOutcome.Suspended && user.Content is not null)
        {
            // It was not sent: nothing may ever return it.
            writes.Remove(write);
            return;
        }

        write.HasEnded = true;
        if (outcome == OperationOutcome.Ok)
        {
            write.Acknowledge(now, user.IsForced);
            Check(sector, writes, write);
            if (!write.IsDurable)
            {
                volatiles.Add(write);
            }
        }
        else
        {
            write.FirstEnd = Math.Min(write.FirstEnd, now);
        }

        Prune(writes);
    }

    private void EndRead(UserOperation read, int sector, byte[]? found)
    {
        if (volume.Rot.Made(found))
        {
            return;
        }

        var writes = WritesOf(sector);
        var candidates = writes.FindAll(write => write.Content == found);
        if (candidates.Count == 1)
        {
            var write = candidates[0];
            var isNew = !write.IsCertain;
            write.Read(read.Began, now);
            if (isNew && !write.IsDurable)
            {
                volatiles.Add(write);
            }

            Check(sector, writes, write);
        }
        else if (!candidates.Exists(write => !writes.Exists(other => other != write && other.IsCertain
            && write.FirstEnd < other.LastStart && other.FirstEnd < read.Began)))
        {
            volume.Fail($"{read} found {NameOf(found)} in sector {sector}; possible: {Describe(writes)}");
        }
    }

    private void EndFlush(UserOperation flush, OperationOutcome? outcome)
    {
        if (outcome == OperationOutcome.PowerLost)
        {
            mustReport = false;
        }

        if (outcome != OperationOutcome.Ok)
        {
            return;
        }

        if (mustReport && flush.Session <= volume.Newest.PowerLossSession)
        {
            volume.Fail("a flush is Ok, although acknowledged data was lost and no flush has failed since");
        }

        for (var i = volatiles.Count - 1; i >= 0; i--)
        {
            if (volatiles[i].FirstEnd < flush.Began)
            {
                volatiles[i].IsDurable = true;
                volatiles.RemoveAt(i);
            }
        }
    }

    /// <summary>Two writes contradict each other if each of them must have been replaced by the other one.</summary>
    private void Check(int sector, List<SectorWrite> writes, SectorWrite changed)
    {
        foreach (var other in writes)
        {
            if (other != changed && other.IsCertain
                && other.FirstEnd < changed.LastStart && changed.FirstEnd < other.LastStart)
            {
                volume.Fail($"sector {sector}: {changed} and {other} contradict each other; all: {Describe(writes)}");
            }
        }
    }

    /// <summary>Forgets writes that nothing can return any more.</summary>
    private void Prune(List<SectorWrite> writes)
    {
        if (writes.Count < 4)
        {
            return;
        }

        var oldest = now;
        foreach (var user in inFlight)
        {
            oldest = Math.Min(oldest, user.Began);
        }

        writes.RemoveAll(write => writes.Exists(other => other != write
            && other is { IsCertain: true, IsDurable: true }
            && write.FirstEnd < other.LastStart && other.FirstEnd < oldest));
    }

    private static string Describe(List<SectorWrite> writes) => string.Join("; ", writes);

    internal static string NameOf(byte[]? content) => content is null ? "zeroes" : $"#{BitConverter.ToInt32(content)}";

    /// <summary>A write of one sector, with the reads that returned it.</summary>
    private sealed class SectorWrite(byte[]? content, long began, bool hasEnded = false)
    {
        internal byte[]? Content => content;

        internal long Began => began;

        /// <summary>It took effect for certain.</summary>
        internal bool IsCertain { get; private set; }

        internal bool IsDurable { get; set; }

        /// <summary>It has an outcome; otherwise it may still take effect, also a second time.</summary>
        internal bool HasEnded { get; set; } = hasEnded;

        /// <summary>The last beginning of an operation that has it as its value.</summary>
        internal long LastStart { get; set; }

        /// <summary>The first end of an operation that has it as its value.</summary>
        internal long FirstEnd { get; set; } = long.MaxValue;

        internal SectorWrite Acknowledge(long now, bool isDurable)
        {
            (IsCertain, FirstEnd) = (true, Math.Min(FirstEnd, now));
            IsDurable |= isDurable;
            return this;
        }

        internal void Read(long start, long end)
        {
            IsCertain = true;
            (LastStart, FirstEnd) = (Math.Max(LastStart, start), Math.Min(FirstEnd, end));
        }

        /// <summary>What is known about the write after a loss of power.</summary>
        internal SectorWrite AfterLoss(long now, bool isOnly) => new(content, began, HasEnded)
        {
            IsCertain = isOnly,
            IsDurable = IsDurable,
            LastStart = now,
            FirstEnd = HasEnded ? now : long.MaxValue,
        };

        public override string ToString() => $"{NameOf(content)} [{began}, {LastStart}..{FirstEnd}]"
            + $"{(IsCertain ? "" : " maybe")}{(IsDurable ? " durable" : "")}";
    }
}
