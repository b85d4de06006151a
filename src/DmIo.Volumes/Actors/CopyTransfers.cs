using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Sync;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// Carries the writer's copies between legs and its comparisons of legs, with buffers of a lease of their own; a step
/// waits until one is free. Used on the volume's turn.
/// </summary>
internal sealed class CopyTransfers
{
    private const string Comparison = "comparison";
    private const int PagesPerCopy = Synchronization.MaxRegions << (RegionRange.RegionShift - 12);

    private readonly VolumeDevice device;
    private readonly Stack<Page[]> buffers = new();
    private readonly Queue<Action<Page[]>> waiting = new();

    internal CopyTransfers(VolumeDevice device, IoClient client)
    {
        (this.device, Client) = (device, client);
        for (var first = 0; first < client.Lease.Count; first += PagesPerCopy)
        {
            buffers.Push([.. client.Lease.Pages.Skip(first).Take(PagesPerCopy)]);
        }
    }

    /// <summary>The pages of the lease of copies: twice as many as copies use, because a leg that hangs holds those of
    /// its copies.</summary>
    internal static int Pages => 2 * Synchronization.MaxCopies * PagesPerCopy;

    /// <summary>The lease.</summary>
    internal IoClient Client { get; }

    internal void Start(CopyStep step)
    {
        Invariant.Require(step.Range.Count <= Synchronization.MaxRegions);
        if (step.Targets.IsEmpty)
        {
            // A step without targets is over; the writer looks at it with its next input.
            device.Post(static volume => volume.Writer.Tick(volume.Now));
        }
        else if (device.ComparesCopies && step.Kind == CopyKind.Resync)
        {
            var range = RangeOf(step.Range, device.Writer.State.Reach);
            var compared = new ComparedCopy(step, range, this);
            WithBuffer(pages => new HashTransfer(
                Comparison,
                step.Targets.With(step.Source),
                pages,
                range,
                compared.Hashed,
                () => Return(pages)).Read(device));
        }
        else
        {
            Copy(step, step.Targets, RangeOf(step.Range, device.Writer.State.Reach));
        }
    }

    internal void Start(VerifyStep step) => WithBuffer(pages => new HashTransfer(
        step.IsReread ? "read after a repair" : Comparison,
        step.Targets,
        pages,
        RangeOf(step.Range, step.Size),
        (volume, leg, result, hash) => Hashed(volume, step, leg, result, hash),
        () => Return(pages)).Read(device));

    /// <summary>Copies from the source of the step to some of its targets.</summary>
    /// <param name="step">The step.</param>
    /// <param name="targets">The legs that are written.</param>
    /// <param name="range">The sectors of the step when it was begun: a growth may be given up meanwhile.</param>
    internal void Copy(CopyStep step, MemberSet targets, LegRange range) => WithBuffer(pages => new CopyTransfer(
        step, targets, new PageList(pages), range, () => Return(pages)).Read(device));

    /// <summary>Writes the zeroes of a growth, from whole block to whole block.</summary>
    internal void Start(ZeroStep step)
    {
        var (start, end) = (device.Size.SectorsOf(step.Start), device.Size.SectorsOf(step.End));
        device.Send(step, step.Targets, new LegRange(start, end - start), new LegIo(IoOperation.WriteZeroes)
        {
            Priority = IoPriority.Idle,
        });
    }

    /// <summary>The writer was replaced: its steps that wait are not begun.</summary>
    internal void Clear() => waiting.Clear();

    private static void Hashed(VolumeDevice volume, VerifyStep step, int leg, LegResult result, UInt128 hash)
    {
        if (result == LegResult.Ok)
        {
            volume.Writer.Hashed(step, leg, hash, volume.Now);
        }
        else
        {
            volume.Writer.Completed(step, leg, result, volume.Now);
        }
    }

    private void WithBuffer(Action<Page[]> start)
    {
        if (buffers.TryPop(out var pages))
        {
            start(pages);
        }
        else
        {
            waiting.Enqueue(start);
        }
    }

    private void Return(Page[] pages)
    {
        if (waiting.TryDequeue(out var start))
        {
            start(pages);
        }
        else
        {
            buffers.Push(pages);
        }
    }

    private LegRange RangeOf(RegionRange range, ByteSize size)
    {
        const int PerRegion = (1 << RegionRange.RegionShift) / Sector.SizeBytes;
        var start = range.First * PerRegion;
        var end = device.Size.SectorsOf(size);
        return new LegRange(start, Math.Min(range.Count * PerRegion, end - start));
    }
}

/// <summary>A copy: it is read from its source, and what was read is written to targets.</summary>
internal sealed class CopyTransfer(
    CopyStep copy, MemberSet targets, IoMemory buffer, LegRange range, Action returnBuffer)
    : WriterStep, ICarriedStep, IMemoryHolder
{
    private int holds;

    /// <summary>What was read is not written yet.</summary>
    internal bool IsReading { get; private set; } = true;

    /// <inheritdoc/>
    public void Hold() => holds++;

    /// <inheritdoc/>
    public void ReleaseRetained()
    {
        if (--holds == 0)
        {
            returnBuffer();
        }
    }

    /// <inheritdoc/>
    public void Completed(VolumeDevice volume, VolumeWriter writer, int leg, LegResult result)
    {
        if (!IsReading)
        {
            writer.Completed(copy, leg, result, volume.Now);
        }
        else if (result != LegResult.Ok)
        {
            writer.SourceFailed(copy, result, volume.Now);
        }
        else
        {
            // A target that was lost meanwhile may have returned, with newer data.
            IsReading = false;
            Send(volume, IoOperation.Write, targets & copy.Waiting);
        }
    }

    /// <summary>Reads the source.</summary>
    internal void Read(VolumeDevice volume) => Send(volume, IoOperation.Read, MemberSet.Of(copy.Source));

    private void Send(VolumeDevice volume, IoOperation operation, MemberSet members) =>
        volume.Send(this, members, range, new LegIo(operation, buffer) { Priority = IoPriority.Idle });
}

/// <summary>A copy to legs that may already hold its regions: it is written only to the legs whose hash differs from
/// that of the source. A leg with an equal hash counts as written, because a flush must make its data durable
/// too.</summary>
internal sealed class ComparedCopy(CopyStep copy, LegRange range, CopyTransfers transfers)
{
    private readonly UInt128[] hashes = new UInt128[MemberSet.Capacity];
    private MemberSet hashed;
    private MemberSet failed;

    /// <summary>A leg has hashed the regions, or could not read them: then the copy is written to it.</summary>
    internal void Hashed(VolumeDevice volume, int leg, LegResult result, UInt128 hash)
    {
        (hashes[leg], hashed) = (hash, hashed.With(leg));
        failed = result == LegResult.Ok ? failed : failed.With(leg);
        var source = copy.Source;
        if (leg == source && result != LegResult.Ok)
        {
            volume.Writer.SourceFailed(copy, result, volume.Now);
        }
        else if (source >= 0 && copy.Targets.With(source).IsSubsetOf(hashed) && !failed[source])
        {
            End(volume, source);
        }
    }

    private void End(VolumeDevice volume, int source)
    {
        var differing = MemberSet.None;
        foreach (var target in copy.Targets)
        {
            var isEqual = !failed[target] && hashes[target] == hashes[source];
            differing = isEqual ? differing : differing.With(target);
        }

        if (differing.Overlaps(copy.Waiting))
        {
            transfers.Copy(copy, differing, range);
        }

        foreach (var target in copy.Targets - differing)
        {
            volume.Writer.Completed(copy, target, LegResult.Ok, volume.Now);
        }
    }
}
