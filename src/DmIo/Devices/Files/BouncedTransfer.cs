using System.Runtime.CompilerServices;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// One transfer of <see cref="DirectBounce"/>: pins the segments of the caller; bounced data is copied before a write
/// and after a read (only the bytes that were read). Reused after its result was taken.
/// <code>
///   idle --Begin--> planned --TryTake--> taken --Issue--> issued --Finish--> finished --Complete, result taken-->
/// idle
/// </code>
/// </summary>
internal sealed class BouncedTransfer : TransferCompletionSource
{
    private readonly DirectBounce bounce;
    private readonly BouncePlan plan;
    private readonly PinnedSegments pins = new();
    private readonly List<Memory<byte>> taken = [];
    private readonly SegmentBatch issued = new();
    private readonly Action finished;
    private ConfiguredValueTaskAwaitable<TransferResult>.ConfiguredValueTaskAwaiter awaiter;
    private DeviceOperation operation;
    private TransferResult result;
    private Exception? defect;

    internal BouncedTransfer(DirectBounce bounce, DirectAlignment alignment, int bufferBytes)
    {
        this.bounce = bounce;
        plan = new BouncePlan(alignment, bufferBytes);
        finished = () => bounce.Finished(this);
    }

    /// <summary>The operation for the engine.</summary>
    internal DeviceOperation Issued => operation with { Data = issued };

    /// <exception cref="Exception">The exception of a memory type of the caller; the transfer is then idle as
    /// before.</exception>
    internal void Begin(in DeviceOperation begun, int maxBounces)
    {
        pins.Pin(begun.Batch);
        operation = begun;
        plan.Make(begun.Batch, maxBounces);
    }

    internal bool TryTake(BounceSet set) => set.TryTake(plan.BounceCount, taken);

    internal void ReturnBuffers(BounceSet set) => set.Return(taken);

    /// <summary>Builds the segments for the engine; for a write, fills the bounce memory.</summary>
    internal void Fill()
    {
        var copier = new SegmentCopier(operation.Batch);
        var isRead = operation.Kind.FillsMemory();
        foreach (var part in plan.Parts)
        {
            if (!part.IsBounced)
            {
                issued.Add(part.Direct);
                copier.Skip(part.LengthBytes);
                continue;
            }

            for (var done = 0; done < part.LengthBytes;)
            {
                var buffer = BounceMemory(part, done);
                issued.Add(buffer);
                done += buffer.Length;
                if (!isRead)
                {
                    copier.CopyTo(buffer.Span);
                }
            }

            if (isRead)
            {
                copier.Skip(part.LengthBytes);
            }
        }
    }

    /// <summary>True: the engine has completed it. False: <see cref="DirectBounce.Finished"/> will be called.</summary>
    internal bool Await(ValueTask<TransferResult> call)
    {
        awaiter = call.ConfigureAwait(false).GetAwaiter();
        if (awaiter.IsCompleted)
        {
            return true;
        }

        awaiter.UnsafeOnCompleted(finished);
        return false;
    }

    /// <summary>Takes the result of the engine, copies the data of a read, and releases the memory.</summary>
    internal void Finish()
    {
        try
        {
            result = awaiter.GetResult();
            if (operation.Kind.FillsMemory())
            {
                CopyBack(Math.Clamp(result.Bytes, 0, plan.LengthBytes));
            }
        }
        catch (Exception exception)
        {
            defect = exception;
        }

        awaiter = default;
        Release();
    }

    /// <summary>Completes the task of the caller: within this call, or on a pool thread.</summary>
    internal void Complete(bool isInline)
    {
        var (outcome, thrown) = (result, defect);
        (result, defect) = (default, null);
        SetResult(outcome, thrown, isInline);
    }

    protected override void OnResultTaken() => bounce.Return(this);

    private void CopyBack(long bytes)
    {
        var copier = new SegmentCopier(operation.Batch);
        foreach (var part in plan.Parts)
        {
            var length = (int)Math.Min(bytes, part.LengthBytes);
            bytes -= length;
            if (!part.IsBounced)
            {
                copier.Skip(length);
                continue;
            }

            for (var done = 0; done < length;)
            {
                var buffer = BounceMemory(part, done);
                buffer = buffer[..Math.Min(buffer.Length, length - done)];
                copier.CopyFrom(buffer.Span);
                done += buffer.Length;
            }
        }
    }

    /// <summary>The contiguous rest of the bounce memory of a run, after its first bytes.</summary>
    private Memory<byte> BounceMemory(BouncePart part, int skipBytes)
    {
        var position = part.BounceOffset + skipBytes;
        var memory = taken[position / plan.BufferBytes][(position % plan.BufferBytes)..];
        return memory[..Math.Min(memory.Length, part.LengthBytes - skipBytes)];
    }

    private void Release()
    {
        issued.Clear();
        pins.Release();
        operation = default;
    }

    /// <summary>A position in a batch that only moves forward; bytes are copied from it or to it.</summary>
    private ref struct SegmentCopier(SegmentBatch batch)
    {
        private ReadOnlySpan<Memory<byte>> rest = batch.Segments;
        private int offset;

        internal void Skip(int bytes)
        {
            while (bytes > 0)
            {
                bytes -= Next(bytes).Length;
            }
        }

        internal void CopyTo(Span<byte> destination)
        {
            while (!destination.IsEmpty)
            {
                var segment = Next(destination.Length);
                segment.CopyTo(destination);
                destination = destination[segment.Length..];
            }
        }

        internal void CopyFrom(ReadOnlySpan<byte> source)
        {
            while (!source.IsEmpty)
            {
                var segment = Next(source.Length);
                source[..segment.Length].CopyTo(segment);
                source = source[segment.Length..];
            }
        }

        /// <summary>Takes the next contiguous bytes, at most <paramref name="maxBytes"/>.</summary>
        private Span<byte> Next(int maxBytes)
        {
            var segment = rest[0].Span[offset..];
            if (segment.Length > maxBytes)
            {
                offset += maxBytes;
                return segment[..maxBytes];
            }

            rest = rest[1..];
            offset = 0;
            return segment;
        }
    }
}
