namespace DmIo.Volumes.Actors;

/// <summary>A leg or witness of an open volume.</summary>
internal sealed class VolumeLeg(LegStore store)
{
    internal LegStore Store { get; } = store;

    /// <summary>The gate of the last grant; null: there was none.</summary>
    internal LegGate? Gate { get; set; }

    /// <summary>The failures that are not reported yet, because the continuity of the leg has not ended
    /// (VM8).</summary>
    internal int Failures { get; private set; }

    /// <summary>I/O of the volume on the leg has no answer.</summary>
    internal bool IsBusy => Gate is { Unanswered: > 0 };

    /// <summary>The leg has failed: counts the failure until the input that is returned reports it.</summary>
    internal IVolumeInput Failed(IVolumeInput report)
    {
        Failures++;
        return new VolumeInput(volume =>
        {
            Failures--;
            report.Take(volume);
        });
    }
}
