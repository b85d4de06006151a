using DmIo.Volumes.Maps;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// Cools the extents that were not written in the last interval, and stores how far legs are synchronized. An interval
/// has 5 seconds, or 1 while more than 1024 extents are active: after a crash, every active extent is compared or
/// copied. Used on the volume's turn.
/// </summary>
internal sealed class IdleExtents
{
    private const int Interval = 5;
    private const int MaxExtents = 1024;

    private readonly RegionSet written = new();
    private readonly RegionSet writtenBefore = new();
    private int calls;

    /// <summary>Extents are written.</summary>
    internal void Written(RegionRange extents) => written.SetRange(extents);

    /// <summary>Called once a second.</summary>
    internal void Cool(VolumeWriter writer, TimeSpan now)
    {
        var extents = writer.State.ActiveExtents();
        if (++calls < Interval && extents.Count <= MaxExtents)
        {
            return;
        }

        calls = 0;
        extents.ExceptWith(written);
        extents.ExceptWith(writtenBefore);
        writtenBefore.Clear();
        writtenBefore.UnionWith(written);
        written.Clear();
        writer.Cool(extents, now);
    }
}
