using System.Text;
using DmIo.Actors.Devices;
using DmIo.Devices;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>Validates options of volumes. A fault is one sentence that names the value, the limit and the
/// fix.</summary>
internal static class VolumeRules
{
    internal const int MinPages = 64;

    internal static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);

    internal static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    /// <summary>Why a name cannot be that of a volume; null: it can.</summary>
    internal static string? FaultOfName(string name)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        return bytes > Superblock.MaxNameBytes
            ? $"The name of a volume has at most {Superblock.MaxNameBytes} bytes of UTF-8; '{name}' has {bytes}."
            : DeviceName.FaultOf(name) is { } fault ? $"'{name}' cannot be the name of a volume: {fault}"
            : null;
    }

    /// <summary>Why a device cannot be a leg or witness; null: it can.</summary>
    internal static string? FaultOf(string name, DeviceDescription device, bool allowUnfenced) => device switch
    {
        { IsExclusive: false } when !allowUnfenced =>
            $"'{name}' ({device.Backend}) cannot be fenced: another process can write to it, and a server that was "
            + "stopped can execute old writes later. Allow unfenced legs to use it in a volume of this host only.",
        { Backend: "nbd", HasVolatileCache: false } =>
            $"'{name}' cannot be a leg: its NBD server does not offer flush, so that nothing on it is known to be "
            + "durable.",
        { IsReadOnly: false, MaxWriteZeroes.Bytes: 0 } =>
            $"'{name}' cannot be a leg: it cannot write zeroes (NBD: WRITE_ZEROES), and would fail the first "
            + "discard.",
        _ when device.IsReadOnly || device.BlockSize.Bytes > LegGeometry.BlockBytes =>
            $"'{name}' cannot be a leg: a leg is writable and has blocks of at most {LegGeometry.BlockBytes} bytes.",
        { ReadsAfterFailure: true } =>
            $"'{name}' cannot be a leg: it has read-after-failure = on, and would return old data after a failed "
            + "flush. Set it to off.",
        _ => null,
    };

    /// <summary>Rejects a superblock that does not belong to the devices that were named for it.</summary>
    /// <param name="found">What was read.</param>
    /// <param name="devices">The devices.</param>
    /// <param name="data">The device with the data; null: external metadata may belong to other data.</param>
    internal static SuperblockReading RequireDevices(
        this SuperblockReading found, LegDevices devices, DeviceDescription? data) =>
        found.Superblock is { } superblock
        && (FaultOfPlacement(devices, superblock) ?? (data is null ? null : FaultOfData(devices, superblock, data)))
            is { } fault
            ? found with { Outcome = SuperblockOutcome.OtherDevices, Superblock = null, Fault = fault }
            : found;

    private static string? FaultOfPlacement(LegDevices devices, Superblock superblock) =>
        (superblock.Geometry.Placement == MetadataPlacement.External, devices.Metadata) switch
        {
            (true, null) => $"It holds the external metadata of leg {superblock.Member} of the volume "
                + $"'{superblock.Name}'. Name the data too: 'DATA;metadata={devices.Data}'.",
            (false, { } metadata) => $"'{metadata}' holds no external metadata: it is itself "
                + $"{(superblock.State == LegState.None ? "a witness" : $"leg {superblock.Member}")} of the volume "
                + $"'{superblock.Name}'. Name it alone.",
            _ => null,
        };

    /// <summary>Why external metadata does not belong to the data; null: it does, or the data was no file when the
    /// metadata was written, so that there is no inode number to compare.</summary>
    private static string? FaultOfData(LegDevices devices, Superblock superblock, DeviceDescription data) =>
        superblock.DataInode == 0 || superblock.DataInode == InodeOf(data)
            ? null
            : $"'{devices.Metadata}' is the metadata of leg {superblock.Member} of the volume '{superblock.Name}', and "
                + $"belongs to the file with the inode number {superblock.DataInode}; '{devices.Data}' "
                + (InodeOf(data) == 0 ? "is no file" : $"has {InodeOf(data)}")
                + ". Name that file. If the device is a copy of it that holds every write, run: dmio volume force.";

    /// <summary>The inode number of the file with external data; 0: it is no file.</summary>
    internal static ulong InodeOf(DeviceDescription data) => data.Identity?.Store.Inode ?? 0;

    /// <summary>Why a leg or witness may still get writes of an earlier process; null: it does not.</summary>
    internal static string? FaultOfDrain(LegDevices devices, AttachedDevices attached, Superblock superblock) =>
        devices.All.All(device => attached[device].IsExclusive)
        || superblock is { Accepted: { IsClean: true } record } && superblock.Promised <= record.Version.Epoch
            ? null
            : $"'{devices}' is not used: it cannot be fenced and the volume was not closed, so that its server may "
                + "still hold writes of an earlier process. Start its server again, and then run: dmio volume drained.";

    /// <summary>The first invalid option; null: the options are valid.</summary>
    internal static string? FaultOf(VolumeOptions options)
    {
        if (options.Legs is null || options.Witnesses is null || options.Spares is null)
        {
            return $"The legs, witnesses or spares of '{options.Name}' are null; give lists of names.";
        }

        var all = options.Members.Concat(options.Spares).SelectMany(member => member.All).ToArray();
        return options switch
        {
            _ when options.Legs.Count is < 1 or > VolumeConfiguration.MaxLegs
                || options.Legs.Count + options.Witnesses.Count > VolumeConfiguration.MaxVoters =>
                $"A volume has 1 to {VolumeConfiguration.MaxLegs} legs and, with witnesses, at most "
                + $"{VolumeConfiguration.MaxVoters} voters; '{options.Name}' has {options.Legs.Count} legs and "
                + $"{options.Witnesses.Count} witnesses.",
            _ when all.CountBy(name => name).FirstOrDefault(name => name.Value > 1) is { Value: > 1 } twice =>
                $"'{twice.Key}' is named {twice.Value} times; legs, witnesses, spares and their metadata are different "
                + "devices.",
            _ when all.FirstOrDefault(name => name.Length == 0 || name.Contains(";metadata=", StringComparison.Ordinal))
                is { } name =>
                $"'{name}' is not the name of a device; a leg is DATA, or DATA;metadata=META.",
            { Pages: < MinPages } =>
                $"The volume '{options.Name}' has {options.Pages} pages; give at least {MinPages}.",
            _ when FaultOf(nameof(options.OpenTimeout), options.OpenTimeout) is { } open => open,
            _ when FaultOf(nameof(options.LegTimeout), options.LegTimeout) is { } leg => leg,
            _ when FaultOf(nameof(options.SpareAfter), options.SpareAfter) is { } spare => spare,
            _ when FaultOf(nameof(options.PowerLossTimeout), options.PowerLossTimeout) is { } power => power,
            _ when options.SuspendDeadline != TimeSpan.Zero
                && FaultOf(nameof(options.SuspendDeadline), options.SuspendDeadline) is { } suspend =>
                suspend + " 0 is for ever.",
            _ when options.MinInSync < 1 || options.MinInSync > options.Legs.Count =>
                $"The MinInSync of '{options.Name}' is {options.MinInSync}; give 1 to {options.Legs.Count}, the number "
                + "of its legs.",
            { AfterPowerLoss: PowerLossAction.Serve } when options.PowerLossTimeout >= options.OpenTimeout =>
                $"The PowerLossTimeout of '{options.Name}' is {options.PowerLossTimeout.TotalSeconds} s; give less "
                + $"than its OpenTimeout of {options.OpenTimeout.TotalSeconds} s, after which the opening fails.",
            _ => null,
        };

        string? FaultOf(string option, TimeSpan value) => value >= MinTimeout && value <= MaxTimeout
            ? null
            : $"The {option} of '{options.Name}' is {value.TotalSeconds} s; give {MinTimeout.TotalSeconds} s to "
                + $"{MaxTimeout.TotalSeconds} s.";
    }
}
