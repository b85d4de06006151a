namespace DmIo.TestKit.Oracle;

/// <summary>Memory of transfers that have their outcome, spoilt: nobody may touch it any more. The last ones are looked
/// at again. Single thread.</summary>
internal sealed class ReturnedMemory
{
    private const int MostKept = 64;

    private readonly Queue<(DiskAccess Access, GuardedMemory Memory)> returned = new();

    /// <summary>Takes what has its outcome now. What was done to it, or to the oldest, in words.</summary>
    internal IEnumerable<string> Take(DiskAccess access, GuardedMemory memory)
    {
        var fault = FaultOf(access, memory);
        memory.Spoil();
        returned.Enqueue((access, memory));
        return returned.Count > MostKept ? [.. fault, .. Check(MostKept)] : fault;
    }

    /// <summary>Lets go of all but so many. What was done to them, in words.</summary>
    internal IEnumerable<string> Check(int kept = 0)
    {
        var faults = new List<string>();
        while (returned.Count > kept)
        {
            var (access, memory) = returned.Dequeue();
            faults.AddRange(FaultOf(access, memory));
        }

        return faults;
    }

    private static string[] FaultOf(DiskAccess access, GuardedMemory memory) =>
        memory.Fault() is { } fault ? [$"{access}: {fault}"] : [];
}
