using DmIo.Io;
using DmIo.TestKit;

namespace DmIo.Simulation;

/// <summary>Memory that is its caller's again, and was spoilt: the last ones that were, since whoever still touches one
/// does it soon.</summary>
internal sealed class ReturnedMemory(Oracle oracle)
{
    private const int Remembered = 64;

    private readonly Queue<GuardedMemory> spoilt = new();

    /// <summary>Nobody but its caller touches the memory of this one any more.</summary>
    internal void Take(SimulatedRequest request)
    {
        if (request.Memory is not { } memory)
        {
            return;
        }

        oracle.Require(memory.Fault() is null, $"{request}: {memory.Fault()}");
        oracle.Require(
            request.Message.Operation != IoOperation.Write || memory.ToArray().AsSpan().SequenceEqual(request.Data),
            $"{request}: what was to be written was changed");
        memory.Spoil();
        spoilt.Enqueue(memory);
        if (spoilt.Count > Remembered)
        {
            var oldest = spoilt.Dequeue();
            oracle.Require(oldest.Fault() is null, $"{oldest.Fault()}");
        }
    }

    /// <summary>Nobody touched what was given back.</summary>
    internal void Check()
    {
        foreach (var memory in spoilt)
        {
            oracle.Require(memory.Fault() is null, $"{memory.Fault()}");
        }
    }
}
