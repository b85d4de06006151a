namespace DmIo.TestKit.Tests.Oracle;

/// <summary>What a <see cref="LyingDevice"/> does, and reports as done well.</summary>
public enum Lie
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
