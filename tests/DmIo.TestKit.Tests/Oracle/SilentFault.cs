namespace DmIo.TestKit.Tests.Oracle;

/// <summary>A silent fault of a <see cref="SilentFaultDevice"/>, which reports success.</summary>
public enum SilentFault
{
    LosesWrites,
    MisdirectsWrites,
    TearsWrites,
    SkipsZeroes,
    LosesFlushes,
    LosesForceUnitAccess,
    ReadsStale,
    CorruptsReads,
    FillsReadsLate,
    WritesLate,
    ChangesWriteBuffers,
    WritesOutsideMemory,
}
