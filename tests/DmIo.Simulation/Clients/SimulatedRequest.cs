using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Simulation;

/// <summary>One request, what the <see cref="Oracle"/> knows of it, and its outcome, of which there is exactly one.
/// </summary>
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

    /// <summary>As it was asked for; sent with one of the ways to be answered.</summary>
    internal IoRequest Message { get; }

    internal GuardedMemory? Memory { get; init; }

    /// <summary>Its memory are pages of its lease.</summary>
    internal bool IsOnLeasePages { get; init; }

    /// <summary>They may be another's by now.</summary>
    internal bool HasLostPages => IsOnLeasePages && (Lease.WasCut || Lease.IsEnding || oracle.IsEnding);

    /// <summary>It breaks a rule, so it has to be refused.</summary>
    internal bool IsBad { get; init; }

    /// <summary>Of a write: what its memory holds.</summary>
    internal byte[] Data { get; init; } = [];

    /// <summary>What the disks' oracles know of it; null before it is asked for, and where it breaks a rule.</summary>
    internal RequestAccess? Access { get; set; }

    /// <summary>When it was asked for, by the oracle's count.</summary>
    internal long Moment { get; set; }

    /// <summary>When it was asked for, in the run's time.</summary>
    internal TimeSpan Began { get; set; }

    internal SendMode Mode { get; set; }

    /// <summary>Its outcome is a call on the request actor's turn.</summary>
    internal bool IsToldOnTurn => Mode is SendMode.Completion or SendMode.TrySend;

    internal bool IsAnswered { get; set; }

    /// <summary>What its caller does when it hears of the outcome: it may put, detach, send, or throw (R11).</summary>
    internal Action? Then { get; set; }

    public void Done(IoResult result)
    {
        oracle.Ended(this, result);
        Then?.Invoke();
    }

    public void Refused(IoRefusal cause, string reason) => oracle.Refused(this, cause, reason);

    public override string ToString() =>
        $"#{Number} {Message.Operation} [{string.Join(", ", Message.Regions ?? [])}]"
        + (Message.Edges.IsNone ? "" : $" between {Message.Edges.HeadBytes} and {Message.Edges.TailBytes} bytes")
        + (Message.ForceUnitAccess ? " FUA" : "") + (Message.Priority == default ? "" : $" {Message.Priority}")
        + (Message.Deadline is { } deadline ? $" within {deadline.TotalMilliseconds} ms" : "");
}
