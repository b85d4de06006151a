using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>An operation of a user of the volume.</summary>
internal sealed class UserOperation(IoOperation kind, int start, int count)
{
    internal IoOperation Kind => kind;

    internal int Start => start;

    internal int Count => count;

    /// <summary>What a write writes in each of its sectors; null: zeroes.</summary>
    internal byte[]? Content { get; init; }

    internal bool IsForced { get; init; }

    internal ulong Session { get; init; }

    /// <summary>A later session was open when it was submitted.</summary>
    internal bool IsReplaced { get; set; }

    /// <summary>The epoch in which it was sent to legs last; null: it was not.</summary>
    internal Epoch? SentIn { get; set; }

    /// <summary>The sectors that a read returned.</summary>
    internal byte[]?[] Found { get; set; } = [];

    /// <summary>When it began, in the time of the history.</summary>
    internal long Began { get; set; }

    /// <summary>Its outcome; null: it has none, or its writer crashed.</summary>
    internal OperationOutcome? Outcome { get; set; }

    /// <summary>Called when it has an outcome.</summary>
    internal Action? Answered { get; set; }

    internal bool Changes => kind is IoOperation.Write or IoOperation.WriteZeroes;

    internal bool Conflicts(UserOperation other) => (Changes || other.Changes)
        && start < other.Start + other.Count && other.Start < start + count;

    public override string ToString() => $"{kind} {start}+{count}";
}

/// <summary>One submission of an operation to a writer.</summary>
internal sealed class SubmittedOperation(UserOperation user) : ClientOperation(
    user.Kind,
    Of(user, RegionRange.Touching),
    Of(user, RegionRange.Within),
    user.Session)
{
    internal UserOperation User { get; } = user;

    private static RegionRange Of(UserOperation user, Func<ulong, ulong, int, RegionRange> regions) => regions(
        (ulong)user.Start * Sector.SizeBytes, (ulong)user.Count * Sector.SizeBytes, RegionRange.RegionShift);
}
