namespace DmIo.Simulation;

/// <summary>What may be special about a request.</summary>
internal enum RequestTrait
{
    ForceUnitAccess,
    Deadline,
    EmptyRegion,
    ManyRegions,
    SeveralDevices,
    NoSuchDevice,
    BeyondTheEnd,
    LargerThanItsLease,
    OverlapsAnother,
    OverlapsItsOwnLease,
    OnLeasePages,
    HeadEdge,
    TailEdge,
    BothEdges,
    EdgeOfWholeSectors,
}
