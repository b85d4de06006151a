using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Simulation;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// Tracks the possible contents of each sector of one disk, from the accesses and their outcomes, and checks the actual
/// contents: in reads, at rest, and after a crash. It outlives devices and processes, like a
/// <see cref="SimulatedDisk"/>.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>An acknowledged write is present until a later write is acknowledged. An access is later than another if it
/// began after the outcome of the other, or after the other in the same <see cref="DiskAccess.Stream"/>.</item>
/// <item>A write in flight or a failed write may be present or not, sector by sector, until a later write is
/// acknowledged.</item>
/// <item>A crash preserves durable writes: written with FUA, or acknowledged before a successful flush began. Any part
/// of the other writes may be present. Writes that a failed flush should have covered are not made durable by a later
/// flush.</item>
/// <item>A discarded sector may have any contents.</item>
/// </list>
/// Errors are collected in <see cref="Findings"/>, not thrown: outcomes arrive on threads and in actors where an
/// exception would be lost. So end a test with <c>Assert.Empty(oracle.Findings)</c>. Only misuse of the oracle throws.
/// <para>
/// The oracle stores the possible contents of each sector. Contents that only a crash can restore are stored until a
/// flush or a FUA write supersedes them. The cost of a read or a change is proportional to its size, and independent of
/// the length of the run. Thread-safe.
/// </para>
/// </remarks>
public sealed class DiskOracle
{
    private const int MaxFindings = 100;

    private readonly Lock gate = new();
    private readonly DiskOracleOptions options;
    private readonly HashSet<DiskAccess> inFlight = [];
    private readonly List<DiskAccess> cached = [];
    private readonly List<string> findings = [];
    private readonly ReturnedMemory returned = new();
    private SectorTable sectors;
    private long now;
    private long lastFailedFlush;

    /// <param name="capacity">The size of the disk, a multiple of 512 bytes, at least 512 bytes.</param>
    /// <param name="options">The options; null: a blank disk with a volatile cache.</param>
    public DiskOracle(ByteSize capacity, DiskOracleOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity.Bytes, Sector.SizeBytes, nameof(capacity));
        ArgumentOutOfRangeException.ThrowIfNotEqual(capacity.IsWholeSectors, true, nameof(capacity));
        Capacity = capacity;
        this.options = options ?? new DiskOracleOptions();
        var first = this.options.IsBlank ? IoOperation.WriteZeroes : IoOperation.Discard;
        var initial = new DiskAccess(first, 0, capacity.Sectors) { Label = "the beginning" };
        sectors = new SectorTable(capacity.Sectors, initial.AsInitialState(now));
    }

    /// <summary>The size of the disk.</summary>
    public ByteSize Capacity { get; }

    /// <summary>The contradictions that were found, in order, at most 100. Later findings may be consequences of the
    /// first.</summary>
    public IReadOnlyList<string> Findings
    {
        get
        {
            lock (gate)
            {
                AddFindings(returned.Check());
                return [.. findings];
            }
        }
    }

    /// <summary>Begins an access. Call it before the operation is issued.</summary>
    /// <returns>The access, to pass to <c>End</c>.</returns>
    /// <exception cref="ArgumentException">The access has already begun, or its data are too short.</exception>
    public DiskAccess Begin(DiskAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var isShort = access.Data.Length < access.DataBytes;
        if (access.BeganAt > 0 || isShort)
        {
            throw new ArgumentException(
                isShort ? $"{access} has {access.Data.Length} bytes of data." : $"{access} has begun already.",
                nameof(access));
        }

        lock (gate)
        {
            access.Begin(++now);
            inFlight.Add(access);
            sectors.Begin(access);
        }

        return access;
    }

    /// <summary>Ends an access that succeeded or failed as a whole, such as a region of a request.</summary>
    /// <inheritdoc cref="End(DiskAccess, TransferResult, ReadOnlySpan{byte})"/>
    public void End(DiskAccess access, IoStatus status, ReadOnlySpan<byte> found = default)
    {
        ArgumentNullException.ThrowIfNull(access);
        End(access, new TransferResult(status.IsOk ? access.Count.Bytes : 0, status), found);
    }

    /// <summary>
    /// Ends an access. A change whose status says that no sector was touched (out of range, misaligned, read-only,
    /// unsupported) never happened. An access in flight at a <see cref="Crash"/> has no outcome; a late outcome is
    /// ignored.
    /// </summary>
    /// <param name="access">An access in flight.</param>
    /// <param name="result">The number of bytes done, from the beginning; the state of the other bytes is
    /// unknown.</param>
    /// <param name="found">The data of a read, from the first sector on; checked up to its length. Beyond the bytes
    /// done, zeroes are valid too.</param>
    /// <exception cref="ArgumentException">The access is not in flight.</exception>
    public void End(DiskAccess access, TransferResult result, ReadOnlySpan<byte> found = default)
    {
        ArgumentNullException.ThrowIfNull(access);
        lock (gate)
        {
            if (access.IsLost)
            {
                return;
            }

            if (access.Changes && result.Status.Code
                is IoStatusCode.OutOfRange or IoStatusCode.Misaligned or IoStatusCode.ReadOnly
                or IoStatusCode.Unsupported or IoStatusCode.Truncated)
            {
                WithdrawNow(access);
                return;
            }

            Finish(access, result.Bytes / Sector.SizeBytes);
            if (access.Changes)
            {
                EndChange(access);
            }
            else if (access.Operation.FillsMemory())
            {
                CheckRead(access, found);
            }
            else
            {
                EndFlush(access, result.Status);
            }

            sectors.End(access);
        }
    }

    /// <summary>Removes an access that was refused: it never happened.</summary>
    /// <exception cref="ArgumentException">The access is not in flight.</exception>
    public void Withdraw(DiskAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        lock (gate)
        {
            if (!access.IsLost)
            {
                WithdrawNow(access);
            }
        }
    }

    /// <summary>Excludes the effects of a reported fault of the device from the checks. Set it as
    /// <see cref="SimulatedDeviceOptions.Observer"/>.</summary>
    public void AllowFault(SimulatedFaultEvent fault)
    {
        lock (gate)
        {
            now++;
            var affected = new DiskAccess(IoOperation.Discard, fault.Start, fault.Count) { Label = "a fault" };
            if (fault.Kind == SimulatedFaultKind.Misdirected
                || (fault.Kind == SimulatedFaultKind.Corrupt && inFlight.Any(access => MayWriteBack(access, fault))))
            {
                affected.Begin(now);
                sectors.Begin(affected);
                affected.End(now, doneSectors: 0);
            }

            if (fault.Kind == SimulatedFaultKind.Corrupt)
            {
                var corrupted = sectors.SectorsOf(affected).SelectMany(
                    one => sectors[one.Sector].Reads, (one, read) => (one.Sector, read));
                foreach (var (sector, read) in corrupted)
                {
                    read.Corrupted.Add(sector);
                }
            }
        }
    }

    /// <summary>Checks the contents of the disk while no access is in flight.</summary>
    /// <param name="start">The first sector of the contents.</param>
    /// <param name="content">The contents, in whole sectors.</param>
    public void CheckContent(Sector start, ReadOnlySpan<byte> content)
    {
        lock (gate)
        {
            for (var index = 0; index < content.Length / Sector.SizeBytes; index++)
            {
                var found = SectorOf(content, index);
                var history = sectors[start.Value + index];
                if (!history.MayHold(found))
                {
                    Report("there is", start.Value + index, found, history.Possible(afterCrash: false));
                }
            }
        }
    }

    /// <summary>
    /// Checks the contents after a power failure, which then become the current state. Accesses in flight get no
    /// outcome.
    /// </summary>
    /// <param name="content">The contents of the whole disk.</param>
    public void Crash(ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(content.Length, Capacity.Bytes, nameof(content));
        lock (gate)
        {
            for (var sector = 0; sector < Capacity.Sectors.Value; sector++)
            {
                var found = SectorOf(content, sector);
                var history = sectors[sector];
                if (!history.MaySurvive(found))
                {
                    Report("a crash left", sector, found, history.Possible(afterCrash: true));
                }
            }

            foreach (var access in inFlight)
            {
                access.MarkLost();
            }

            inFlight.Clear();
            cached.Clear();
            var survivor = new DiskAccess(IoOperation.Write, 0, Capacity.Sectors)
            {
                Data = content.ToArray(),
                Label = "the crash",
            };
            sectors = new SectorTable(Capacity.Sectors, survivor.AsInitialState(++now));
        }
    }

    /// <summary>True: the write preserves a part of the sector that the device corrupted, and may write it
    /// back.</summary>
    private static bool MayWriteBack(DiskAccess access, SimulatedFaultEvent fault)
    {
        var index = fault.Start.Value - access.Start.Value;
        return index >= 0 && index < access.Count.Value && access.Preserves(index);
    }

    /// <summary>Poisons the memory of a transfer after its outcome, and checks later that no device wrote to
    /// it.</summary>
    internal void WatchReturned(DiskAccess access, GuardedMemory memory)
    {
        lock (gate)
        {
            AddFindings(returned.Take(access, memory));
        }
    }

    /// <summary>Adds a finding of another kind.</summary>
    internal void Report(string finding)
    {
        lock (gate)
        {
            AddFindings([finding]);
        }
    }

    private void AddFindings(IEnumerable<string> more) =>
        findings.AddRange(more.Take(MaxFindings - findings.Count));

    private static ReadOnlySpan<byte> SectorOf(ReadOnlySpan<byte> content, int index) =>
        content.Slice(index * Sector.SizeBytes, Sector.SizeBytes);

    private void Finish(DiskAccess access, long doneSectors)
    {
        if (!inFlight.Remove(access))
        {
            throw new ArgumentException($"{access} is not in flight.", nameof(access));
        }

        access.End(++now, doneSectors);
    }

    private void WithdrawNow(DiskAccess access)
    {
        Finish(access, doneSectors: 0);
        sectors.Withdraw(access);
    }

    private void CheckRead(DiskAccess read, ReadOnlySpan<byte> found)
    {
        for (var index = 0; index < Math.Min(read.Count.Value, found.Length / Sector.SizeBytes); index++)
        {
            var sector = read.Start.Value + index;
            var content = SectorOf(found, index);
            var history = sector < Capacity.Sectors.Value ? sectors[sector] : null;
            var isAllowed = history?.MayRead(read, content) == true || read.Corrupted.Contains(sector)
                || (index >= read.DoneSectors && content.IndexOfAnyExcept((byte)0) < 0);
            if (!isAllowed)
            {
                Report($"{read} found", sector, content, history?.Possible(afterCrash: false) ?? []);
            }
        }
    }

    private void EndFlush(DiskAccess flush, IoStatus status)
    {
        if (status.Code == IoStatusCode.DeviceError)
        {
            // The system marks pages as clean that it could not write: no later flush retries them.
            lastFailedFlush = now;
            cached.Clear();
        }

        if (status.IsOk && cached.RemoveAll(access => access.IsDurable = access.EndedAt < flush.BeganAt) > 0)
        {
            sectors.DropSuperseded();
        }
    }

    private void EndChange(DiskAccess change)
    {
        change.IsDurable = change.ForceUnitAccess || !options.HasVolatileCache;
        if (!change.IsDurable && change.DoneSectors > 0 && change.BeganAt > lastFailedFlush)
        {
            cached.Add(change);
        }
    }

    private void Report(string what, long sector, ReadOnlySpan<byte> found, IEnumerable<SectorChange> possible)
    {
        var expected = string.Join(", or ", possible.Select(change => change.Describe(options.DescribeSector)));
        Report($"{what} {options.DescribeSector(found)} in sector {sector} of {options.Name}; "
            + (expected.Length > 0 ? $"there may be {expected}" : "it has no such sector"));
    }
}
