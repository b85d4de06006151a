using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>How an operation of a user ended.</summary>
internal enum OperationOutcome
{
    /// <summary>Done on every leg of the acknowledgment set; a read: the data is that of the last write.</summary>
    Ok,

    /// <summary>No leg of S completed it. The content of what a write touched is either, until it is written
    /// again.</summary>
    DeviceError,

    /// <summary>The session was replaced, or another writer took the volume over, before the operation was
    /// sent.</summary>
    Fenced,

    /// <summary>The operation was sent, and then another writer took the volume over, or the volume was suspended: it
    /// may take effect.</summary>
    InDoubt,

    /// <summary>The volume is suspended. The operation was not sent.</summary>
    Suspended,

    /// <summary>A flush after a power failure of the whole volume: acknowledged writes that were not flushed may be
    /// lost.</summary>
    PowerLost,
}

/// <summary>What the maps of a leg say.</summary>
/// <param name="Active">The extents that were being written.</param>
/// <param name="Missed">What the members miss, by member.</param>
internal sealed record LegMaps(RegionSet Active, RegionSet[] Missed)
{
    /// <summary>The maps of a leg that cannot be read: everything is active, and every leg misses everything.</summary>
    internal static LegMaps Full(long regions)
    {
        var active = new RegionSet();
        active.SetRange(ClientOperation.ExtentsOf(new RegionRange(0, regions)));
        var missed = new RegionSet[VolumeConfiguration.MaxLegs];
        for (var i = 0; i < missed.Length; i++)
        {
            missed[i] = new RegionSet();
            missed[i].SetRange(new RegionRange(0, regions));
        }

        return new LegMaps(active, missed);
    }
}

/// <summary>What a writer needs from its surroundings. No method calls the writer back before it returns. Steps end
/// with <see cref="VolumeWriter.Completed"/>, once per target.</summary>
internal interface IWriterHost
{
    /// <summary>Requests to voters have changed (<see cref="VolumeWriter.VoteRequestTo"/>,
    /// <see cref="VolumeWriter.LegRequestTo"/>).</summary>
    void RequestsChanged();

    /// <summary>Reads the maps of a leg; ends with <see cref="VolumeWriter.MapsRead"/>.</summary>
    void ReadMaps(int leg);

    /// <summary>Writes the pages of the step's extents durably, with the active bits of each target.</summary>
    void WriteActive(ActiveStep step);

    /// <summary>Writes what every leg misses now, durably, on the targets.</summary>
    void WriteMissed(MissedStep step);

    /// <summary>Writes the data of the operation on its targets.</summary>
    void Write(ClientOperation operation);

    /// <summary>Reads the data of the operation from its only target.</summary>
    void Read(ClientOperation operation);

    /// <summary>Writes zeroes on the targets, beyond the end of the volume.</summary>
    void Zero(ZeroStep step);

    /// <summary>Flushes the targets.</summary>
    void Flush(FlushStep step);

    /// <summary>Reads the range from the source, and writes it to the targets that the step still waits for after the
    /// read: a target that was lost may have returned with newer data. A failed read ends with
    /// <see cref="VolumeWriter.SourceFailed"/>.</summary>
    void Copy(CopyStep step);

    /// <summary>Hashes the range, up to the size of the step, on each target; each ends with
    /// <see cref="VolumeWriter.Hashed"/>, or with <see cref="VolumeWriter.Completed"/> if it failed.</summary>
    void Verify(VerifyStep step);

    /// <summary>A leg leaves S, because its data differs from that of most legs.</summary>
    void Differs(int leg)
    {
    }

    /// <summary>The number of operations in flight on a leg.</summary>
    long LoadOf(int leg);

    /// <summary>The operation has ended.</summary>
    void Answer(ClientOperation operation, OperationOutcome outcome);

    /// <summary>The state of a leg or of the volume has changed.</summary>
    void StateChanged();
}
