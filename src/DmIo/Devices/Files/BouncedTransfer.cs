using System.Runtime.CompilerServices;
using DmIo.Devices.Stores;
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
internal sealed class BouncedTransfer : AnswerSource
{
    private readonly DirectBounce bounce;
    private readonly BouncePlan plan;
    private readonly PinnedSegments pins = new();
    private readonly List<Memory<byte>> taken = [];
    private readonly SegmentBatch issued = new();
    private readonly Action finished;
    private ConfiguredValueTaskAwaitable<TransferResult>.ConfiguredValueTaskAwaiter awaiter;
    private SegmentBatch? batch;
    private TransferResult result;
    private Exception? defect;

    internal BouncedTransfer(DirectBounce bounce, DirectAlignment alignment, int pieceBytes)
    {
        this.bounce = bounce;
        plan = new BouncePlan(alignment, pieceBytes);
        finished = () => bounce.Finished(this);
    }

    internal bool IsRead { get; private set; }

    internal bool ForceUnitAccess { get; private set; }

    internal long OffsetBytes { get; private set; }

    /// <summary>The segments for the engine.</summary>
    internal SegmentBatch Issued => issued;

    /// <exception cref="Exception">The exception of a memory type of the caller; the transfer is then idle as
    /// before.</exception>
    internal void Begin(bool isRead, long offsetBytes, SegmentBatch memory, bool isDurable, int maxBounces)
    {
        pins.Pin(memory);
        (IsRead, OffsetBytes, batch, ForceUnitAccess) = (isRead, offsetBytes, memory, isDurable);
        plan.Make(memory, maxBounces);
    }

    internal bool TryTake(BounceSet set) => set.TryTake(plan.BounceCount, taken);

    internal void GiveBack(BounceSet set) => set.Return(taken);

    /// <summary>Builds the segments for the engine; for a write, fills the bounce memory.</summary>
    internal void Fill()
    {
        var copier = new SegmentCopier(batch!);
        foreach (var piece in plan.Pieces)
        {
            if (!piece.IsBounced)
            {
                issued.Add(piece.Direct);
                copier.Skip(piece.LengthBytes);
                continue;
            }

            for (var done = 0; done < piece.LengthBytes;)
            {
                var part = BounceMemory(piece, done);
                issued.Add(part);
                done += part.Length;
                if (!IsRead)
                {
                    copier.CopyTo(part.Span);
                }
            }

            if (IsRead)
            {
                copier.Skip(piece.LengthBytes);
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
            if (IsRead)
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
        SetAnswer(outcome, thrown, isInline);
    }

    protected override void OnTaken() => bounce.Return(this);

    private void CopyBack(long bytes)
    {
        var copier = new SegmentCopier(batch!);
        foreach (var piece in plan.Pieces)
        {
            var length = (int)Math.Min(bytes, piece.LengthBytes);
            bytes -= length;
            if (!piece.IsBounced)
            {
                copier.Skip(length);
                continue;
            }

            for (var done = 0; done < length;)
            {
                var part = BounceMemory(piece, done);
                part = part[..Math.Min(part.Length, length - done)];
                copier.CopyFrom(part.Span);
                done += part.Length;
            }
        }
    }

    /// <summary>The contiguous rest of the bounce memory of a run, after its first bytes.</summary>
    private Memory<byte> BounceMemory(BouncePiece piece, int skipBytes)
    {
        var position = piece.BounceOffset + skipBytes;
        var memory = taken[position / plan.PieceBytes][(position % plan.PieceBytes)..];
        return memory[..Math.Min(memory.Length, piece.LengthBytes - skipBytes)];
    }

    private void Release()
    {
        issued.Clear();
        pins.Release();
        batch = null;
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
                var piece = Next(destination.Length);
                piece.CopyTo(destination);
                destination = destination[piece.Length..];
            }
        }

        internal void CopyFrom(ReadOnlySpan<byte> source)
        {
            while (!source.IsEmpty)
            {
                var piece = Next(source.Length);
                source[..piece.Length].CopyTo(piece);
                source = source[piece.Length..];
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
