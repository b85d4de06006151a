using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>Memory that is its caller's again, and was spoilt: the last ones that were, since whoever still touches one
/// does it soon. Pages of a lease are its owner's until he puts it back; or it ends otherwise, at a moment that he does
/// not know.</summary>
internal sealed class ReturnedMemory(Oracle oracle)
{
    private const int Remembered = 64;

    private readonly List<SimulatedRequest> spoilt = [];

    /// <summary>Nobody but its caller touches the memory of this one any more.</summary>
    internal void Take(SimulatedRequest request)
    {
        if (request.Memory is not { } memory || request.HasLostPages)
        {
            return;
        }

        oracle.Require(memory.Fault() is null, $"{request}: {memory.Fault()}");
        oracle.Require(
            request.Message.Operation != IoOperation.Write || memory.ToArray().AsSpan().SequenceEqual(request.Data),
            $"{request}: what was to be written was changed");
        memory.Spoil();
        spoilt.Add(request);
        if (spoilt.Count > Remembered)
        {
            Check(spoilt[0]);
            spoilt.RemoveAt(0);
        }
    }

    /// <summary>Nobody touched what was given back.</summary>
    internal void Check() => spoilt.ForEach(Check);

    /// <summary>The lease is about to be put back: until now, its pages were its owner's.</summary>
    internal void CheckPages(SimulatedLease lease) =>
        spoilt.FindAll(request => request.IsOnLeasePages && request.Lease == lease).ForEach(Check);

    /// <summary>The pages of this one, or of all, may be another's.</summary>
    internal void ForgetPages(SimulatedLease? lease = null) => spoilt.RemoveAll(
        request => request.IsOnLeasePages && (lease is null || request.Lease == lease));

    private void Check(SimulatedRequest request) =>
        oracle.Require(request.Memory!.Fault() is null, $"{request}: {request.Memory.Fault()}");
}
