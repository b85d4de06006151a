namespace DmIo.TestKit.Oracle;

/// <summary>Overwritten memory of completed transfers, which no device may touch. Each is checked again until it is
/// dropped. Not thread-safe.</summary>
internal sealed class ReturnedMemory
{
    private const int MaxKept = 64;

    private readonly Queue<(DiskAccess Access, GuardedMemory Memory)> returned = new();

    /// <summary>Adds the memory of a completed transfer. Returns the faults of it and of the dropped memory.</summary>
    internal IEnumerable<string> Take(DiskAccess access, GuardedMemory memory)
    {
        var fault = FaultOf(access, memory);
        memory.Poison();
        returned.Enqueue((access, memory));
        return returned.Count > MaxKept ? [.. fault, .. Check(MaxKept)] : fault;
    }

    /// <summary>Drops all but the newest <paramref name="keep"/>. Returns their faults.</summary>
    internal IEnumerable<string> Check(int keep = 0)
    {
        var faults = new List<string>();
        while (returned.Count > keep)
        {
            var (access, memory) = returned.Dequeue();
            faults.AddRange(FaultOf(access, memory));
        }

        return faults;
    }

    private static string[] FaultOf(DiskAccess access, GuardedMemory memory) =>
        memory.Fault() is { } fault ? [$"{access}: {fault}"] : [];
}
