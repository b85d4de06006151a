namespace DmIo.Pages;

/// <summary>Names a lease among those of its pool. Never used twice.</summary>
/// <param name="Value">1 for a pool's first lease, then counting.</param>
public readonly record struct LeaseId(long Value)
{
    /// <summary><c>lease-1</c>: fit for an actor's name and a log.</summary>
    public override string ToString() => $"lease-{Value}";
}
