using DmIo.Volumes.Record;

namespace DmIo.Volumes;

/// <summary>A volume that an operator has forced.</summary>
/// <param name="Source">The device of the leg whose data is that of the volume. The other legs get a copy of all of it
/// when the volume is opened.</param>
/// <param name="Record">The first record of the new lineage.</param>
public sealed record ForcedVolume(string Source, VolumeRecord Record);
