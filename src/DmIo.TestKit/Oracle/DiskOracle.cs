using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Simulation;

namespace DmIo.TestKit.Oracle;

/// <summary>
/// Knows what each sector of one disk may hold, from what was asked of it and how that ended, and judges what is found
/// there: by reads, at rest, and after a crash. It outlives devices and processes, as a <see cref="SimulatedDisk"/>
/// does.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>What was acknowledged is there, until something later is. Later is what began after the outcome, or after it
/// in the same <see cref="DiskAccess.Stream"/>.</item>
/// <item>What is in flight, or failed, may be there or not, sector by sector, until something later is
/// acknowledged.</item>
/// <item>A crash leaves what was durable: written with FUA, or acknowledged before a flush began that went well. Of
/// all else any part is there. What a failed flush should have covered is not made durable by a later one.</item>
/// <item>A discarded sector may hold anything.</item>
/// </list>
/// What it finds wrong it keeps in <see cref="Findings"/>, and goes on: outcomes come on threads and in turns where
/// nobody would hear of an exception. So end a test with <c>Assert.Empty(oracle.Findings)</c>. Only misuse of the
/// oracle throws.
/// <para>
/// It keeps the bytes that a sector may hold; those that only a crash could bring back, until a flush or a FUA write
/// that supersedes them. A read, or a change, costs what it moves, however long the run is. Any thread may use it.
/// </para>
/// </remarks>
public sealed class DiskOracle
{
    private const int MostFindings = 100;

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
    /// <param name="options">Null: a blank one with a volatile cache.</param>
    public DiskOracle(ByteSize capacity, DiskOracleOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity.Bytes, Sector.SizeBytes, nameof(capacity));
        ArgumentOutOfRangeException.ThrowIfNotEqual(capacity.IsWholeSectors, true, nameof(capacity));
        Capacity = capacity;
        this.options = options ?? new DiskOracleOptions();
        var first = this.options.IsBlank ? IoOperation.WriteZeroes : IoOperation.Discard;
        sectors = new SectorTable(
            capacity.Sectors, new DiskAccess(first, 0, capacity.Sectors) { Label = "the beginning" }.Before(now));
    }

    /// <summary>The size of the disk.</summary>
    public ByteSize Capacity { get; }

    /// <summary>What can not be true, in words, the first of it first: what comes behind may follow from it. No more
    /// than 100.</summary>
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

    /// <summary>It is about to be asked for.</summary>
    /// <returns>The access, for its end.</returns>
    /// <exception cref="ArgumentException">It has begun before, or its data are too short.</exception>
    public DiskAccess Begin(DiskAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var isShort = access.Data.Length < access.DataBytes;
        if (access.Began > 0 || isShort)
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

    /// <summary>Its outcome, of an access to which there is nothing between done and failed: a region of a
    /// request.</summary>
    /// <inheritdoc cref="End(DiskAccess, TransferResult, ReadOnlySpan{byte})"/>
    public void End(DiskAccess access, IoStatus status, ReadOnlySpan<byte> found = default)
    {
        ArgumentNullException.ThrowIfNull(access);
        End(access, new TransferResult(status.IsOk ? access.Count.Bytes : 0, status), found);
    }

    /// <summary>
    /// Its outcome. A change whose status says that nothing was touched (out of range, misaligned, read-only,
    /// unsupported) never happened. What was in flight at a <see cref="Crash"/> has none; one that comes late is
    /// ignored.
    /// </summary>
    /// <param name="access">In flight.</param>
    /// <param name="result">So many bytes are done, from the beginning; of the rest, nothing is known.</param>
    /// <param name="found">Of a read: what it brought, from the first sector on. Judged as far as it goes; beyond what
    /// is done, zeroes are as good.</param>
    /// <exception cref="ArgumentException">It is not in flight.</exception>
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
                or IoStatusCode.Unsupported)
            {
                WithdrawNow(access);
                return;
            }

            Finish(access, result.Bytes / Sector.SizeBytes);
            switch (access.Operation)
            {
                case IoOperation.Read:
                    Judge(access, found);
                    break;
                case IoOperation.Flush:
                    EndFlush(access, result.Status);
                    break;
                default:
                    EndChange(access);
                    break;
            }

            sectors.End(access);
        }
    }

    /// <summary>It was refused: it never happened.</summary>
    /// <exception cref="ArgumentException">It is not in flight.</exception>
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

    /// <summary>The device does something else than it says, and tells: what it harms is not judged. Set it as
    /// <see cref="SimulatedDeviceOptions.Observer"/>.</summary>
    public void Excuse(SimulatedFaultEvent fault)
    {
        lock (gate)
        {
            now++;
            var harmed = new DiskAccess(IoOperation.Discard, fault.Start, fault.Count) { Label = "a fault" };
            if (fault.Kind == SimulatedFaultKind.Misdirected
                || (fault.Kind == SimulatedFaultKind.Corrupt && inFlight.Any(access => MayWriteBack(access, fault))))
            {
                harmed.Begin(now);
                sectors.Begin(harmed);
                harmed.End(now, doneSectors: 0);
            }

            if (fault.Kind == SimulatedFaultKind.Corrupt)
            {
                var garbled = sectors.SectorsOf(harmed).SelectMany(
                    one => sectors[one.Sector].Reads, (one, read) => (one.Sector, read));
                foreach (var (sector, read) in garbled)
                {
                    read.Garbled.Add(sector);
                }
            }
        }
    }

    /// <summary>Judges what is there when nothing is in flight.</summary>
    /// <param name="start">Where the content begins.</param>
    /// <param name="content">Whole sectors.</param>
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
    /// The power failed: judges what that left, which is from now on what is there. What was in flight has no outcome
    /// any more.
    /// </summary>
    /// <param name="content">All of the disk.</param>
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
                access.Lose();
            }

            inFlight.Clear();
            cached.Clear();
            var left = new DiskAccess(IoOperation.Write, 0, Capacity.Sectors)
            {
                Data = content.ToArray(), Label = "the crash",
            };
            sectors = new SectorTable(Capacity.Sectors, left.Before(++now));
        }
    }

    /// <summary>It keeps the sector, which it may have to write back, and which is garbled.</summary>
    private static bool MayWriteBack(DiskAccess access, SimulatedFaultEvent fault)
    {
        var index = fault.Start.Value - access.Start.Value;
        return index >= 0 && index < access.Count.Value && access.Keeps(index);
    }

    /// <summary>The memory of a transfer that has its outcome: from now on, nobody may touch it.</summary>
    internal void TakeBack(DiskAccess access, GuardedMemory memory)
    {
        lock (gate)
        {
            AddFindings(returned.Take(access, memory));
        }
    }

    /// <summary>Something else is wrong.</summary>
    internal void Report(string finding)
    {
        lock (gate)
        {
            AddFindings([finding]);
        }
    }

    private void AddFindings(IEnumerable<string> more) =>
        findings.AddRange(more.Take(MostFindings - findings.Count));

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

    private void Judge(DiskAccess read, ReadOnlySpan<byte> found)
    {
        for (var index = 0; index < Math.Min(read.Count.Value, found.Length / Sector.SizeBytes); index++)
        {
            var sector = read.Start.Value + index;
            var content = SectorOf(found, index);
            var history = sector < Capacity.Sectors.Value ? sectors[sector] : null;
            var isAllowed = history?.MayRead(read, content) == true || read.Garbled.Contains(sector)
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
            // The system marks as clean what it could not write: no later flush tries again.
            lastFailedFlush = now;
            cached.Clear();
        }

        if (status.IsOk && cached.RemoveAll(access => access.IsDurable = access.Ended < flush.Began) > 0)
        {
            sectors.Forget();
        }
    }

    private void EndChange(DiskAccess change)
    {
        change.IsDurable = change.ForceUnitAccess || !options.HasVolatileCache;
        if (!change.IsDurable && change.DoneSectors > 0 && change.Began > lastFailedFlush)
        {
            cached.Add(change);
        }
    }

    private void Report(string what, long sector, ReadOnlySpan<byte> found, IEnumerable<SectorChange> possible)
    {
        var expected = string.Join(", or ", possible.Select(change => change.Describe(options.NameOf)));
        Report($"{what} {options.NameOf(found)} in sector {sector} of {options.Name}; "
            + (expected.Length > 0 ? $"there may be {expected}" : "it has no such sector"));
    }
}
