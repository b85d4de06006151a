namespace DmIo.Actors.Protocol;

/// <summary>
/// How leases share a device that all of them want: in proportion to their weights, 1 to 10000, as Linux's io.weight.
/// </summary>
public static class LeaseWeight
{
    /// <summary>What a lease has that asks for none.</summary>
    public const int Default = 100;

    /// <summary>The largest.</summary>
    public const int Max = 10000;
}
