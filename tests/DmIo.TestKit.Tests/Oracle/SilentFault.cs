namespace DmIo.TestKit.Tests.Oracle;

/// <summary>A silent fault of a <see cref="SilentFaultDevice"/>, which reports success.</summary>
public enum SilentFault
{
    LosesWrites,
    MisdirectsWrites,
    TearsWrites,
    ForgetsToZero,
    LosesFlushes,
    LosesForceUnitAccess,
    ReadsStale,
    GarblesReads,
    FillsReadsLate,
    TakesWritesLate,
    ChangesWhatItWrites,
    WritesBesideMemory,
}
