using DmIo.Volumes.Protocol;

namespace DmIo.Volumes.Tests.Model;

/// <summary>What happens in one step of a modeled volume.</summary>
internal enum WorldStep : byte
{
    /// <summary>A process of a writer starts.</summary>
    Start,

    /// <summary>A voter answers the writer's request about epochs and records.</summary>
    Vote,

    /// <summary>A voter answers the writer's request about its leg.</summary>
    Leg,

    /// <summary>I/O takes effect, and the writer learns it.</summary>
    Io,

    /// <summary>A writer loses a leg.</summary>
    LoseLeg,

    Write,
    Flush,
    Read,
    Open,
    Resolve,
    Resync,
    Cool,
    Return,
    Clean,

    /// <summary>A writer begins to add a member to the voters, or to remove it.</summary>
    Change,

    /// <summary>A writer begins to grow the volume.</summary>
    Grow,

    /// <summary>A process of a writer ends.</summary>
    Crash,

    /// <summary>A leg and its voter lose power.</summary>
    LosePower,

    /// <summary>A leg and its voter cannot be reached any more.</summary>
    Cut,

    /// <summary>A leg and its voter can be reached again.</summary>
    Heal,

    /// <summary>The process of a voter restarts.</summary>
    Restart,

    /// <summary>The I/O of an earlier process of a voter has ended.</summary>
    Unlock,

    /// <summary>A volatile cache writes a block.</summary>
    Destage,

    FailFlush,

    /// <summary>A lease ends.</summary>
    Tick,

    Renew,
    Release,

    /// <summary>A take-over does not wait any longer for voters that have not answered.</summary>
    Grace,

    /// <summary>A request is sent twice, and one of the two is late.</summary>
    DelayRequest,

    /// <summary>A voter answers, and its reply is late.</summary>
    DelayReply,

    /// <summary>A message that is late arrives.</summary>
    Late,

    /// <summary>A writer is suspended for so long that it answers what waits.</summary>
    Expire,
}

/// <summary>A message that is late.</summary>
/// <param name="Writer">The number of the writer's process.</param>
/// <param name="Member">The voter.</param>
/// <param name="Request">The request; null: it is a reply.</param>
/// <param name="Reply">The reply.</param>
internal sealed record LateMessage(int Writer, int Member, VoterRequest? Request, VoterReply? Reply);

/// <summary>How often things have happened that are bounded.</summary>
internal sealed class ModelCounts
{
    /// <summary>The version of the last write that was issued.</summary>
    internal byte Issued { get; set; } = 1;

    internal byte Flushes { get; set; }

    internal byte Sessions { get; set; }

    internal byte Crashes { get; set; }

    internal byte PowerLosses { get; set; }

    internal byte Cuts { get; set; }

    internal byte Restarts { get; set; }

    internal byte FlushFailures { get; set; }

    internal byte Losses { get; set; }

    internal byte Delays { get; set; }

    internal byte Ticks { get; set; }

    internal byte Releases { get; set; }

    internal byte Changes { get; set; }

    internal byte Expiries { get; set; }
}
