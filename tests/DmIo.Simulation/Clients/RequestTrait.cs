namespace DmIo.Simulation;

/// <summary>What may be special about a request.</summary>
internal enum RequestTrait
{
    ForceUnitAccess,
    Deadline,
    NothingInARegion,
    ManyRegions,
    SeveralDevices,
    NoSuchDevice,
    BeyondTheEnd,
    LargerThanItsLease,
    MeetsAnother,
    MeetsItsOwnLeases,
    OnLeasePages,
    KeepsItsHead,
    KeepsItsTail,
    KeepsBoth,
    KeepsWholeBlocks,
}
