using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Transfer;

/// <summary>
/// One operation on a device: split to the limits of the device, short transfers continued, with one status: the first
/// failure, after every chunk was tried (R7). A failed read zeroes the bytes that were not delivered (R8). A write that
/// preserves edges reads them first (<see cref="ReadModifyWrite"/>), which may fail the write. Reused for one operation
/// after another without allocation.
/// <code>
///   Idle --Start--> Running --the device's last answer--> Ended     Start says so, or else "ended" is called, once
///                                                          +--Start--> Running ...
/// </code>
/// Single owner. While a call is in flight at the device, nothing else accesses this object.
/// </summary>
internal sealed class RegionTransfer
{
    private readonly IBlockDevice device;
    private readonly Action ended;
    private readonly DeviceCall call;
    private readonly Func<bool> onCompleted;
    private readonly Func<bool> startWrite;
    private readonly ChunkSource source;
    private readonly DataChunk chunk;
    private readonly DeviceDescription description;
    private ReadModifyWrite? edges;
    private bool keepsEdges;
    private bool hasData;
    private bool isCallDue;
    private Sector position;
    private SectorCount remaining;

    /// <param name="device">The device; the owner makes one call at a time.</param>
    /// <param name="ended">Called when an operation ends after <see cref="Start"/> returned, on the thread that
    /// completes the call of the device.</param>
    internal RegionTransfer(IBlockDevice device, Action ended)
    {
        this.device = device;
        this.ended = ended;
        description = device.Description;
        call = new DeviceCall(device, Resume);
        onCompleted = OnCompleted;
        startWrite = StartWrite;
        source = new ChunkSource(description);
        chunk = new DataChunk((int)description.BlockSize.Bytes);
    }

    /// <summary>The status of the ended operation.</summary>
    internal IoStatus Status { get; private set; }

    /// <summary>Until this task ends, the device may access the memory of the ended operation; null: it does not.
    /// </summary>
    internal Task? Held { get; private set; }

    /// <summary>See <see cref="TransferResult.Detail"/>; null: nothing.</summary>
    internal object? Detail { get; private set; }

    /// <summary>Adds the memory of an operation, or of a part of it, before <see cref="Start"/>. Several memories
    /// follow one another on the device.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="part">The operation on the sectors of this memory.</param>
    /// <param name="preserved">The edges of the first and last block that a write preserves: the memory holds the bytes
    /// between them, and no other memory may be added.</param>
    /// <exception cref="ArgumentException">The memory is too short, or a read would change read-only memory: the caller
    /// must refuse these.</exception>
    internal void Add(IoMemory? memory, in DeviceOperation part, WriteEdges preserved = default)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var isRead = part.Kind.FillsMemory();
        var lengthBytes = part.LengthBytes - preserved.Bytes;
        if (memory.LengthBytes < lengthBytes || (isRead && memory.IsReadOnly))
        {
            throw new ArgumentException(
                $"{lengthBytes} bytes of {(isRead ? "writable " : "")}memory are needed; "
                + $"this has {memory.LengthBytes}.",
                nameof(memory));
        }

        if (preserved.IsNone)
        {
            source.Add(memory, lengthBytes);
            return;
        }

        edges ??= new ReadModifyWrite(device, OnEdgesRead);
        edges.Prepare(part.Count, preserved);
        keepsEdges = true;
        AddPreserved(edges.Head);
        source.Add(memory, lengthBytes);
        AddPreserved(edges.Tail);
    }

    /// <summary>
    /// Begins the operation. True: it has already ended, because the device completed its calls immediately.
    /// </summary>
    /// <param name="whole">The operation, already checked (<see cref="RegionCheck"/>); its length is the total length
    /// of the added memory. Durable (FUA) only if <see cref="DeviceDescription.HasForceUnitAccess"/> is set.</param>
    internal bool Start(in DeviceOperation whole)
    {
        Invariant.Require(
            !whole.ForceUnitAccess || (whole.Kind.CanForceUnitAccess() && description.HasForceUnitAccess));
        Status = IoStatus.Ok;
        (Held, Detail) = (null, null);
        call.Begin(whole);
        position = whole.Start;
        remaining = whole.Count;
        hasData = whole.Kind.HasData();
        isCallDue = whole.Kind == IoOperation.Flush ? description.HasVolatileCache : remaining.Value > 0;
        return keepsEdges
            ? edges!.Start(ref position, out remaining) && StartWrite()
            : Advance();
    }

    /// <summary>
    /// Zeroes the memory that a read of <paramref name="count"/> sectors would have filled: for a read that fails
    /// before it starts.
    /// </summary>
    internal static void ZeroFill(IoMemory memory, SectorCount count)
    {
        var left = count.Value <= 0 ? 0 : count.Value > SectorCount.MaxValue ? long.MaxValue : count.Bytes;
        var cursor = memory.GetCursor();
        var batch = new SegmentBatch();
        long taken;
        do
        {
            // In parts, or the batch would become as long as the memory.
            batch.Clear();
            taken = cursor.Take(batch, left, DeviceDescription.SegmentsPerSystemCall);
            batch.ZeroFrom(0);
            left -= taken;
        }
        while (taken > 0);
    }

    private void AddPreserved(Memory<byte> preserved)
    {
        if (!preserved.IsEmpty)
        {
            source.Add(preserved, preserved.Length);
        }
    }

    private bool StartWrite()
    {
        var status = edges!.Status;
        if (edges.Held is { } held)
        {
            // The device may still access the memory of the edges: it is not used again.
            Hold(held);
            edges = null;
        }

        return status.IsOk ? Advance() : End(status);
    }

    /// <summary>The read of the edges ended after <see cref="Start"/> returned.</summary>
    private void OnEdgesRead() => Continue(startWrite);

    /// <summary>Continues until the device has a call in flight, or the operation has ended.</summary>
    private bool Advance()
    {
        try
        {
            while (isCallDue)
            {
                if (!(hasData ? SubmitData() : call.Submit(position, RangeLength(), null)))
                {
                    return false;
                }

                Take(call.TakeResult());
            }
        }
        catch
        {
            // The memory's own, if anything; what a device throws is a status.
            Forget();
            throw;
        }

        Forget();
        return true;
    }

    private bool SubmitData()
    {
        if (!chunk.IsUnderWay)
        {
            chunk.Take(source, remaining.Bytes, call.Operation.Kind.FillsMemory());
        }

        return call.Submit(position, chunk.RestBytes / Sector.SizeBytes, chunk.Rest);
    }

    /// <summary>The call of the device ended after <see cref="Start"/> returned.</summary>
    private void Resume() => Continue(onCompleted);

    /// <summary>Takes the next steps on the thread that completed a call. An exception of a memory type of the caller
    /// becomes the status.</summary>
    private void Continue(Func<bool> step)
    {
        bool hasEnded;
        try
        {
            hasEnded = step();
        }
        catch (Exception exception)
        {
            hasEnded = End(Errno.StatusOf(exception, call.Operation.ToString()));
        }

        if (hasEnded)
        {
            ended();
        }
    }

    private bool OnCompleted()
    {
        Take(call.TakeResult());
        return Advance();
    }

    private void Take(in TransferResult result)
    {
        if (result.Held is { IsCompleted: false } held)
        {
            Hold(held);
        }

        Detail = result.Detail ?? Detail;
        if (hasData)
        {
            Moved(result);
        }
        else
        {
            RangeDone(result.Status);
        }

        isCallDue = remaining.Value > 0;
    }

    private void Moved(in TransferResult result)
    {
        var before = chunk.RestBytes;
        if (!chunk.Moved(result, call.Operation, out var status))
        {
            Advance((before - chunk.RestBytes) / Sector.SizeBytes);
            return;
        }

        // The whole chunk is over, also where only a part of it went well: the next ones are tried.
        SetFailure(status);
        Advance(before / Sector.SizeBytes);
    }

    /// <summary>An unsupported operation is not requested again for later chunks: a caller that allows no fallback
    /// needs the status soon.</summary>
    private void RangeDone(in IoStatus status)
    {
        SetFailure(status);
        Advance(status.Code == IoStatusCode.Unsupported ? remaining.Value : call.Operation.Count.Value);
    }

    private SectorCount RangeLength()
    {
        var limit = description.LimitOf(call.Operation.Kind);
        var wholeBlocks = ByteSize.FromBytes(limit.Bytes - (limit.Bytes % description.BlockSize.Bytes));
        return Math.Min(wholeBlocks.Sectors.Value, remaining.Value);
    }

    private void Advance(long sectors)
    {
        position = new Sector(position.Value + sectors);
        remaining = new SectorCount(remaining.Value - sectors);
    }

    private void Hold(Task held) => Held = Held is null ? held : Task.WhenAll(Held, held);

    private void SetFailure(in IoStatus status) => Status = Status.IsOk ? status : Status;

    private bool End(in IoStatus status)
    {
        SetFailure(status);
        Forget();
        return true;
    }

    /// <summary>Releases the added memory, if <see cref="Start"/> is not called or threw.</summary>
    internal void Forget()
    {
        keepsEdges = false;
        source.Clear();
        chunk.Clear();
    }
}
