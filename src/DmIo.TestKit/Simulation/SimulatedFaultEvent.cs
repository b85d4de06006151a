using DmIo.Io;

namespace DmIo.TestKit.Simulation;

/// <summary>A fault that happened: who tests against a device that lies has to know when it did.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Operation">Of which call.</param>
/// <param name="Start">Its first sector; of the harm, where that is elsewhere.</param>
/// <param name="Count">How many sectors.</param>
/// <param name="ForceUnitAccess">It was to be durable by itself.</param>
public readonly record struct SimulatedFaultEvent(
    SimulatedFaultKind Kind, IoOperation Operation, Sector Start, SectorCount Count, bool ForceUnitAccess);
