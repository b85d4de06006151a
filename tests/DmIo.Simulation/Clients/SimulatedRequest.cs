using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Simulation;

/// <summary>One request, its state in the <see cref="Oracle"/>, and its outcome, which comes exactly once.</summary>
internal sealed class SimulatedRequest : IIoCompletion
{
    private readonly Oracle oracle;

    internal SimulatedRequest(Oracle oracle, SimulatedLease lease, long number, IoRequest message)
    {
        this.oracle = oracle;
        Lease = lease;
        Number = number;
        Message = message;
    }

    internal SimulatedLease Lease { get; }

    internal long Number { get; }

    /// <summary>The message without a reply address; each <see cref="SendMode"/> adds its own.</summary>
    internal IoRequest Message { get; }

    internal GuardedMemory? Memory { get; init; }

    /// <summary>The memory consists of pages of the lease.</summary>
    internal bool IsOnLeasePages { get; init; }

    /// <summary>The pages may belong to another lease by now.</summary>
    internal bool HasLostPages => IsOnLeasePages && (Lease.WasKilled || Lease.IsEnding || oracle.IsEnding);

    /// <summary>The request breaks a rule and must be refused.</summary>
    internal bool IsBad { get; init; }

    /// <summary>The data of a write.</summary>
    internal byte[] Data { get; init; } = [];

    /// <summary>The access in the disks' oracles; null before the request is sent, and if it breaks a rule.</summary>
    internal RequestAccess? Access { get; set; }

    /// <summary>When the request was sent, in moments of the oracle.</summary>
    internal long Moment { get; set; }

    /// <summary>When the request was sent, in simulated time.</summary>
    internal TimeSpan Began { get; set; }

    internal SendMode Mode { get; set; }

    /// <summary>The outcome is a call in the request actor's turn.</summary>
    internal bool CompletesInActorTurn => Mode is SendMode.Completion or SendMode.TrySend;

    internal bool IsAnswered { get; set; }

    /// <summary>The caller's reaction to the outcome: it may put, detach, send or throw (R11).</summary>
    internal Action? OnOutcome { get; set; }

    public void Done(IoResult result)
    {
        oracle.Ended(this, result);
        OnOutcome?.Invoke();
    }

    public void Refused(IoRefusal cause, string reason) => oracle.Refused(this, cause, reason);

    public override string ToString() =>
        $"#{Number} {Message.Operation} [{string.Join(", ", Message.Regions ?? [])}]"
        + (Message.Edges.IsNone ? "" : $" between {Message.Edges.HeadBytes} and {Message.Edges.TailBytes} bytes")
        + (Message.ForceUnitAccess ? " FUA" : "") + (Message.Priority == default ? "" : $" {Message.Priority}")
        + (Message.Deadline is { } deadline ? $" within {deadline.TotalMilliseconds} ms" : "");
}
