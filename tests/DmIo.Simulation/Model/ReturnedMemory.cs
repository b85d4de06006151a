using DmIo.Io;

namespace DmIo.Simulation;

/// <summary>Memory that was returned to its caller and then overwritten. Only the most recent is kept, because wrong
/// accesses come soon after. Pages of a lease belong to their owner until the Put or the end of the lease.</summary>
internal sealed class ReturnedMemory(Oracle oracle)
{
    private const int Remembered = 64;

    private readonly List<SimulatedRequest> overwritten = [];

    /// <summary>From now on, only the caller may access the memory of this request.</summary>
    internal void Take(SimulatedRequest request)
    {
        if (request.Memory is not { } memory || request.HasLostPages)
        {
            return;
        }

        oracle.Require(memory.Fault() is null, $"{request}: {memory.Fault()}");
        oracle.Require(
            request.Message.Operation != IoOperation.Write || memory.ToArray().AsSpan().SequenceEqual(request.Data),
            $"{request}: the data to write was changed");
        memory.Poison();
        overwritten.Add(request);
        if (overwritten.Count > Remembered)
        {
            Check(overwritten[0]);
            overwritten.RemoveAt(0);
        }
    }

    /// <summary>Checks that returned memory was not accessed.</summary>
    internal void Check() => overwritten.ForEach(Check);

    /// <summary>Checks the pages of a lease that is about to be put.</summary>
    internal void CheckPages(SimulatedLease lease) =>
        overwritten.FindAll(request => request.IsOnLeasePages && request.Lease == lease).ForEach(Check);

    /// <summary>The pages of this lease, or of all leases, may be reused by another.</summary>
    internal void ForgetPages(SimulatedLease? lease = null) => overwritten.RemoveAll(
        request => request.IsOnLeasePages && (lease is null || request.Lease == lease));

    private void Check(SimulatedRequest request) =>
        oracle.Require(request.Memory!.Fault() is null, $"{request}: {request.Memory.Fault()}");
}
