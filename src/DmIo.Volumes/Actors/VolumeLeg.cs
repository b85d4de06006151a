namespace DmIo.Volumes.Actors;

/// <summary>A leg or witness of an open volume.</summary>
internal sealed class VolumeLeg(LegStore store)
{
    internal LegStore Store { get; } = store;

    /// <summary>The gate of the last grant; null: there was none.</summary>
    internal LegGate? Gate { get; set; }
}
