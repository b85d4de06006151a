namespace DmIo.Volumes.Record;

/// <summary>
/// The state of a leg. The states below 16 are durable: the superblock of the leg stores them, and their numbers never
/// change. The writer derives the others while it runs; a leg that is <see cref="Syncing"/> or <see cref="Slow"/> keeps
/// its durable state (<see cref="Inconsistent"/> or <see cref="InSync"/>) on disk.
/// </summary>
public enum LegState : byte
{
    /// <summary>A witness, which has no data.</summary>
    None = 0,

    /// <summary>The leg holds no data of the volume: it is new, or its file was truncated, so that it lacks data of
    /// unknown extent. It gets a copy of everything.</summary>
    Blank = 1,

    /// <summary>The leg is absent and holds consistent, but old data.</summary>
    Outdated = 2,

    /// <summary>Copying to the leg began and did not end: its data is of no single moment. Durable before the first
    /// byte is copied.</summary>
    Inconsistent = 3,

    /// <summary>The leg was in the in-sync set of the record that it accepted last.</summary>
    InSync = 4,

    /// <summary>The leg belongs to another lineage: it has no vote, and is synchronized only if its data is discarded
    /// explicitly.</summary>
    Forked = 5,

    /// <summary>Regions are being copied to the leg, which gets all new writes.</summary>
    Syncing = 16,

    /// <summary>The leg is in the in-sync set, but its oldest operation takes too long: it serves reads only if no
    /// other leg can.</summary>
    Slow = 17,

    /// <summary>The leg cannot be used: it failed, its connection was lost, or it timed out.</summary>
    Absent = 18,

    /// <summary>The superblock cannot be read: the leg has no vote.</summary>
    Damaged = 19,

    /// <summary>The fence of the leg has not finished: it takes part in votes, but its data is not used.</summary>
    Undrained = 20,
}

/// <summary>Properties of leg states.</summary>
internal static class LegStates
{
    /// <summary>The superblock of a leg can store the state.</summary>
    public static bool IsDurable(this LegState state) => state <= LegState.Forked;
}
