using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>The result of a step on one leg.</summary>
internal enum LegResult
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The device answered with an error.</summary>
    Error,

    /// <summary>The leg cannot be reached, did not answer in time, or lost data; the step may still take
    /// effect.</summary>
    Lost,

    /// <summary>The step was not sent: a leg that was given up may still access its memory.</summary>
    MemoryInUse,
}

/// <summary>Something that is in flight on legs. A leg that is lost leaves <see cref="Waiting"/>.</summary>
internal abstract class WriterStep
{
    /// <summary>The legs to which the step was sent.</summary>
    internal MemberSet Targets { get; private set; }

    /// <summary>The legs that have not answered.</summary>
    internal MemberSet Waiting { get; private set; }

    /// <summary>The legs on which it is done.</summary>
    internal MemberSet Done { get; private set; }

    /// <summary>What waited for the step has ended: the step leaves the list of steps in flight by itself.</summary>
    internal bool IsOrphan { get; set; }

    /// <summary>No leg is waited for.</summary>
    internal bool IsOver => Waiting.IsEmpty;

    internal void Send(MemberSet targets)
    {
        (Targets, Waiting, Done) = (targets, targets, MemberSet.None);
    }

    internal void Answered(int leg, bool isDone)
    {
        Waiting = Waiting.Without(leg);
        Done = isDone ? Done.With(leg) : Done;
    }

    /// <summary>The leg is lost: nothing that was done on it counts.</summary>
    internal void Lose(int leg)
    {
        Waiting = Waiting.Without(leg);
        Done = Done.Without(leg);
    }

    /// <summary>Nothing more is waited for, and nothing counts as done.</summary>
    internal void Abandon() => (Waiting, Done) = (MemberSet.None, MemberSet.None);

    /// <summary>A leg holds the data without having been written.</summary>
    internal void Holds(int leg) => Done = Done.With(leg);
}

/// <summary>An operation of a user of the volume. Operations in flight do not overlap, unless they are reads: the queue
/// of the device in front of the volume sees to that.</summary>
internal class ClientOperation : WriterStep
{
    /// <param name="operation">The operation; a discard is executed as write zeroes.</param>
    /// <param name="touched">The regions that it touches, also in part.</param>
    /// <param name="whole">The regions that it covers wholly.</param>
    /// <param name="session">The session; 0: of no session.</param>
    internal ClientOperation(IoOperation operation, RegionRange touched, RegionRange whole, ulong session)
    {
        (Operation, Touched, Whole, Session) = (operation, touched, whole, session);
    }

    internal IoOperation Operation { get; }

    internal RegionRange Touched { get; }

    internal RegionRange Whole { get; }

    internal ulong Session { get; }

    /// <summary>The epoch in which an earlier writer of the process has sent the operation, without an answer; null:
    /// none has.</summary>
    internal Epoch? RepeatedFrom { get; init; }

    /// <summary>A flush: it fails after a power failure of the whole volume, once. False: it leaves that to the next
    /// flush of a user.</summary>
    internal bool ReportsPowerLoss { get; init; } = true;

    /// <summary>The user was answered that the operation is in doubt: it ends without another answer, and operations
    /// that overlap it wait until then.</summary>
    internal bool IsInDoubt { get; set; }

    /// <summary>A leg that stays in S failed the operation.</summary>
    internal bool HasError { get; set; }

    /// <summary>The legs that failed a read.</summary>
    internal MemberSet Unreadable { get; set; }

    /// <summary>The extents of <see cref="Touched"/>.</summary>
    internal RegionRange Extents => ExtentsOf(Touched);

    internal static RegionRange ExtentsOf(RegionRange regions)
    {
        var first = regions.First / RegionRange.RegionsPerExtent;
        return new(first, ((regions.End + RegionRange.RegionsPerExtent - 1) / RegionRange.RegionsPerExtent) - first);
    }
}

/// <summary>A write of pages of the active maps, with the bits that the legs have in memory.</summary>
/// <param name="extents">The extents whose bits change.</param>
/// <param name="isMark">True: the bits are set; false: they are cleared.</param>
internal sealed class ActiveStep(RegionSet extents, bool isMark) : WriterStep
{
    internal RegionSet Extents { get; } = extents;

    internal bool IsMark { get; } = isMark;
}

/// <summary>A write of the missed maps: the targets are the holders, and get what every leg misses now.</summary>
internal sealed class MissedStep : WriterStep;

/// <summary>A flush.</summary>
internal sealed class FlushStep : WriterStep;

/// <summary>A write of zeroes beyond the end of the volume, before it grows.</summary>
/// <param name="start">The first byte.</param>
/// <param name="end">The end.</param>
internal sealed class ZeroStep(ByteSize start, ByteSize end) : WriterStep
{
    internal ByteSize Start { get; } = start;

    internal ByteSize End { get; } = end;

    /// <summary>The regions that it touches, also in part.</summary>
    internal RegionRange Range { get; } =
        RegionRange.Touching((ulong)start.Bytes, (ulong)(end.Bytes - start.Bytes), RegionRange.RegionShift);

    /// <summary>A leg has failed it, and is not lost.</summary>
    internal bool HasError { get; private set; }

    /// <summary>A leg has failed it.</summary>
    internal void Failed(int leg)
    {
        HasError = true;
        Answered(leg, isDone: false);
    }
}

/// <summary>What the comparison of a region has shown.</summary>
internal enum VerifyOutcome
{
    /// <summary>It has not ended.</summary>
    Pending,

    /// <summary>The region was not compared: it is unresolved, a leg misses it, a leg could not read it, or fewer than
    /// two legs are in sync.</summary>
    Skipped,

    /// <summary>The legs are equal.</summary>
    Equal,

    /// <summary>Legs differ from the content that most legs of S have
    /// (<see cref="VolumeWriter.RemoveDiffering"/>).</summary>
    Minority,

    /// <summary>Legs differ, and no content is that of most legs of S.</summary>
    NoMajority,
}

/// <summary>A comparison of regions on the legs of S, which are locked until it ends.</summary>
/// <param name="range">The regions.</param>
/// <param name="isReread">Nothing is compared: legs that could not read the regions were repaired, and read them
/// again.</param>
internal sealed class VerifyStep(RegionRange range, bool isReread = false) : WriterStep
{
    private readonly UInt128[] hashes = new UInt128[MemberSet.Capacity];

    internal RegionRange Range { get; } = range;

    internal bool IsReread { get; } = isReread;

    /// <summary>The size of the volume when the step was sent: sectors beyond it are not read, also if the volume
    /// grows.</summary>
    internal ByteSize Size { get; set; }

    internal VerifyOutcome Outcome { get; private set; }

    /// <summary>The legs that differ from most legs; without a majority, all legs that were compared.</summary>
    internal MemberSet Differing { get; private set; }

    internal void Hashed(int leg, UInt128 hash)
    {
        hashes[leg] = hash;
        Answered(leg, isDone: true);
    }

    /// <summary>The largest group of legs with the same content; of several, the one with the lowest member.</summary>
    internal MemberSet LargestGroup(MemberSet legs)
    {
        var largest = MemberSet.None;
        foreach (var first in legs)
        {
            var group = MemberSet.None;
            foreach (var member in legs)
            {
                group = hashes[member] == hashes[first] ? group.With(member) : group;
            }

            largest = group.Count > largest.Count ? group : largest;
        }

        return largest;
    }

    internal void End(VerifyOutcome outcome, MemberSet differing = default) =>
        (Outcome, Differing) = (outcome, differing);
}

/// <summary>Why regions are copied from one leg to others.</summary>
internal enum CopyKind
{
    /// <summary>The regions may differ inside S.</summary>
    Resolve,

    /// <summary>Legs that return to S miss the regions.</summary>
    Resync,
}

/// <summary>A copy of regions, which are locked until it ends.</summary>
internal sealed class CopyStep(CopyKind kind, RegionRange range) : WriterStep
{
    internal CopyKind Kind { get; } = kind;

    internal RegionRange Range { get; } = range;

    /// <summary>The leg that is read, while the copy is in flight.</summary>
    internal int Source { get; set; } = -1;

    /// <summary>The legs that could not be read.</summary>
    internal MemberSet Unreadable { get; set; }
}
