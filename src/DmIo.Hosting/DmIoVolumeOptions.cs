using DmIo.Hosting.Configuration;
using DmIo.Io;
using DmIo.Volumes;

namespace DmIo.Hosting;

/// <summary>
/// The settings of a replicated volume in code. A property that is null has the value that is configured elsewhere,
/// otherwise the default. Each property and method writes the key of <c>hocon/volumes.conf</c> that it names; the key
/// is validated at the start.
/// </summary>
public sealed class DmIoVolumeOptions
{
    private readonly List<object> legs = [];
    private readonly List<object> witnesses = [];
    private readonly List<object> spares = [];

    internal DmIoVolumeOptions()
    {
    }

    /// <summary>Key <c>spare-after</c>: a leg that is absent for this time is replaced by a spare.</summary>
    public TimeSpan? SpareAfter { get; set; }

    /// <summary>Key <c>pages</c>: the pages of 4096 bytes that the volume may have in I/O at its legs.</summary>
    public int? Pages { get; set; }

    /// <summary>Key <c>open-timeout</c>: the limit of the wait until the volume serves.</summary>
    public TimeSpan? OpenTimeout { get; set; }

    /// <summary>Key <c>leg-timeout</c>: a leg that does not answer for this time leaves the in-sync set.</summary>
    public TimeSpan? LegTimeout { get; set; }

    /// <summary>Key <c>on-no-quorum</c>: what happens to operations while the volume is suspended.</summary>
    public NoQuorumAction? OnNoQuorum { get; set; }

    /// <summary>Key <c>suspend-deadline</c>: how long operations wait then; 0: forever.</summary>
    public TimeSpan? SuspendDeadline { get; set; }

    /// <summary>Key <c>min-in-sync</c>: the fewest legs in sync with which the volume serves.</summary>
    public int? MinInSync { get; set; }

    /// <summary>Key <c>read-quorum</c>: a quorum of the voters confirms reads.</summary>
    public bool? ReadQuorum { get; set; }

    /// <summary>Key <c>after-power-loss</c>: what an opening does after a power failure of all legs, if a leg does not
    /// answer.</summary>
    public PowerLossAction? AfterPowerLoss { get; set; }

    /// <summary>Key <c>power-loss-timeout</c>: how long it waits for the leg with
    /// <see cref="PowerLossAction.Serve"/>.</summary>
    public TimeSpan? PowerLossTimeout { get; set; }

    /// <summary>Key <c>max-resync</c>: the most that is copied between legs in a second; 0: no limit.</summary>
    public ByteSize? MaxResync { get; set; }

    /// <summary>Key <c>compare-resync</c>: only what differs is written to a leg that is synchronized.</summary>
    public bool? ComparesResync { get; set; }

    /// <summary>Key <c>allow-unfenced</c>: legs that another program can write to are allowed.</summary>
    public bool? AllowsUnfenced { get; set; }

    /// <summary>Key <c>legs</c>: adds legs, by the names of their devices, or as <c>DATA;metadata=META</c>.</summary>
    public DmIoVolumeOptions Legs(params IEnumerable<string> devices)
    {
        legs.AddRange(devices);
        return this;
    }

    /// <summary>Key <c>witnesses</c>: adds a witness, by the name of its device or the path of its file.</summary>
    public DmIoVolumeOptions Witness(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        witnesses.Add(device);
        return this;
    }

    /// <summary>Key <c>spares</c>: adds spare legs, which are written as legs are.</summary>
    public DmIoVolumeOptions Spares(params IEnumerable<string> devices)
    {
        spares.AddRange(devices);
        return this;
    }

    internal HoconTree ToTree() => new()
    {
        ["legs"] = legs.Count == 0 ? null : legs,
        ["witnesses"] = witnesses.Count == 0 ? null : witnesses,
        ["spares"] = spares.Count == 0 ? null : spares,
        ["spare-after"] = HoconTree.TextOf(SpareAfter),
        ["pages"] = HoconTree.TextOf(Pages),
        ["open-timeout"] = HoconTree.TextOf(OpenTimeout),
        ["leg-timeout"] = HoconTree.TextOf(LegTimeout),
        ["on-no-quorum"] = HoconTree.TextOf(OnNoQuorum),
        ["suspend-deadline"] = HoconTree.TextOf(SuspendDeadline),
        ["min-in-sync"] = HoconTree.TextOf(MinInSync),
        ["read-quorum"] = HoconTree.TextOf(ReadQuorum),
        ["after-power-loss"] = HoconTree.TextOf(AfterPowerLoss),
        ["power-loss-timeout"] = HoconTree.TextOf(PowerLossTimeout),
        ["max-resync"] = HoconTree.TextOf(MaxResync),
        ["compare-resync"] = HoconTree.TextOf(ComparesResync),
        ["allow-unfenced"] = HoconTree.TextOf(AllowsUnfenced),
    };
}
