using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>How far the return of a leg has come.</summary>
internal enum LegPhase
{
    /// <summary>Not used.</summary>
    Absent,

    /// <summary>The grant of the leg is asked for.</summary>
    Attaching,

    /// <summary>The maps of the leg are read.</summary>
    ReadingMaps,

    /// <summary>What is to be copied to the leg is written on every leg of S.</summary>
    WritingMissed,

    /// <summary>The leg stores that its data is inconsistent.</summary>
    Marking,

    /// <summary>The leg gets every write, and the regions that it missed.</summary>
    Syncing,

    /// <summary>The leg is in S.</summary>
    InSync,
}

/// <summary>What a writer knows about one leg.</summary>
internal sealed class WriterLeg(int member)
{
    internal int Member { get; } = member;

    internal LegPhase Phase { get; set; }

    /// <summary>The leg gets every write.</summary>
    internal bool IsTarget => Phase is LegPhase.Syncing or LegPhase.InSync;

    /// <summary>The number of the last attachment; 0: there was none.</summary>
    internal int Attempt { get; set; }

    /// <summary>The last attachment is not known to be cut and drained.</summary>
    internal bool IsDetaching { get; set; }

    /// <summary>The incarnation of the promise; empty: none, so any will do.</summary>
    internal Guid Incarnation { get; set; }

    /// <summary>The size of a volume that the leg has room for, as it was confirmed last; null: it was not.</summary>
    internal ByteSize? Room { get; set; }

    /// <summary>The regions that the leg lacks.</summary>
    internal RegionSet Missed { get; } = new();

    /// <summary>The regions in which the leg is in S and differs from most legs of S: it is to leave S, and then misses
    /// them.</summary>
    internal RegionSet Differing { get; } = new();

    /// <summary>The regions that the leg could not read. When a copy has rewritten them, they are read again.</summary>
    internal RegionSet Unreadable { get; } = new();

    /// <summary>The regions that were written to the leg since the last flush began.</summary>
    internal RegionSet Unflushed { get; } = new();

    /// <summary>The regions that a flush in flight covers.</summary>
    internal RegionSet Flushing { get; } = new();

    /// <summary>The extents whose active bit on the leg is durable.</summary>
    internal RegionSet Active { get; } = new();

    /// <summary>The reads that the leg failed and that caused a repair.</summary>
    internal long CorrectedReads { get; set; }

    /// <summary>The maps that were read when the leg was attached.</summary>
    internal LegMaps? Maps { get; set; }

    /// <summary>The write of missed maps that <see cref="LegPhase.WritingMissed"/> waits for; while the leg is
    /// synchronized, the write of the other legs' maps to it.</summary>
    internal MissedStep? MapStep { get; set; }

    /// <summary>The leg holds the missed maps of the other legs.</summary>
    internal bool HasReceivedMaps { get; set; }

    /// <summary>The writes that must be done on the leg before it may return to S; null: it has not joined.</summary>
    internal List<WriterStep>? JoinBarrier { get; set; }

    /// <summary>How far the flush before the return has come.</summary>
    internal FlushProgress JoinFlush { get; set; }

    /// <summary>The leg is not used any more.</summary>
    internal void Reset()
    {
        Phase = LegPhase.Absent;
        IsDetaching = Attempt != 0;
        (Maps, MapStep, HasReceivedMaps, JoinBarrier, JoinFlush) = (null, null, false, null, FlushProgress.None);
        Incarnation = Guid.Empty;
        Unreadable.Clear();
        Unflushed.Clear();
        Flushing.Clear();
        Active.Clear();
    }
}

/// <summary>A flush that a part of the writer waits for.</summary>
internal sealed class FlushWait
{
    internal FlushProgress Progress { get; private set; }

    /// <summary>The legs on which the flush was done; without those that were lost before it ended.</summary>
    internal MemberSet Done { get; private set; }

    /// <summary>The next flush to start is needed.</summary>
    internal void Want() => Progress = FlushProgress.Wanted;

    internal void Reset() => Progress = FlushProgress.None;

    internal void Start() => Progress = Progress == FlushProgress.Wanted ? FlushProgress.Started : Progress;

    internal void End(MemberSet done)
    {
        if (Progress == FlushProgress.Started)
        {
            (Progress, Done) = (FlushProgress.Done, done);
        }
    }
}

/// <summary>How far a flush has come for one that waits for it.</summary>
internal enum FlushProgress
{
    /// <summary>No flush is needed.</summary>
    None,

    /// <summary>The next flush to start is needed.</summary>
    Wanted,

    /// <summary>The flush in flight is the one.</summary>
    Started,

    /// <summary>Done.</summary>
    Done,
}
