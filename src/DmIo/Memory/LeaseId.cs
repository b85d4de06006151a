namespace DmIo.Memory;

/// <summary>
/// Names a lease. Never used twice in a process, so that one pool's lease is not taken for another's.
/// </summary>
/// <param name="Value">1 for the first lease of the process, then counting.</param>
public readonly record struct LeaseId(long Value)
{
    /// <summary><c>lease-1</c>: fit for an actor's name and a log.</summary>
    public override string ToString() => $"lease-{Value}";
}
