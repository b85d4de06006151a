using DmIo.Io;

namespace DmIo.TestKit.Simulation;

/// <summary>The occurrence of a fault, for tests that must know when a device returned wrong data.</summary>
/// <param name="Kind">The kind of the fault.</param>
/// <param name="Operation">The operation of the call.</param>
/// <param name="Start">The first sector of the call, or of the affected sectors if they lie elsewhere.</param>
/// <param name="Count">The number of sectors.</param>
/// <param name="ForceUnitAccess">The call was a durable write (FUA).</param>
public readonly record struct SimulatedFaultEvent(
    SimulatedFaultKind Kind, IoOperation Operation, Sector Start, SectorCount Count, bool ForceUnitAccess);
