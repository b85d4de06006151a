using System.Threading.Tasks.Sources;
using DmIo.Devices;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Tests.Devices.Files;

/// <summary>
/// An engine over an array that records its segments, and requires them to be aligned. Calls complete at once, or, if
/// held, when the test completes them.
/// </summary>
internal sealed class FakeEngine(int lengthBytes, DirectAlignment alignment) : IFileEngine
{
    private readonly Queue<HeldCall> held = new();

    public ServiceMode Mode => ServiceMode.Own;

    /// <summary>Calls wait for <see cref="DoNext"/>.</summary>
    internal bool IsHolding { get; set; }

    /// <summary>The maximum number of bytes per call.</summary>
    internal long MaxBytes { get; set; } = long.MaxValue;

    /// <summary>The status of every call; null: the call is executed.</summary>
    internal IoStatus? Failure { get; set; }

    internal int HeldCount => held.Count;

    internal byte[] Content { get; } = new byte[lengthBytes];

    /// <summary>The address and the length of each segment of the calls so far.</summary>
    internal List<(nint Address, int Length)> Segments { get; } = [];

    public void Attach(DeviceHost host)
    {
    }

    public void Poll()
    {
    }

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        var offset = (int)operation.OffsetBytes;
        return operation switch
        {
            { Kind: IoOperation.Read, Batch: var batch } =>
                CallAsync(batch, length => batch.CopyFrom(Content.AsSpan(offset, length))),
            { Kind: IoOperation.Write, Batch: var batch } =>
                CallAsync(batch, length => batch.CopyTo(Content.AsSpan(offset, length))),
            _ => default,
        };
    }

    public ValueTask<IoStatus> ConfirmAcceptedAsync() => new(IoStatus.Ok);

    public ValueTask DisposeAsync() => default;

    internal void DoNext() => held.Dequeue().Complete();

    private ValueTask<TransferResult> CallAsync(SegmentBatch batch, Action<int> copy)
    {
        Invariant.Require(batch.Count <= DeviceDescription.SegmentsPerSystemCall);
        foreach (var segment in batch.Segments)
        {
            Invariant.Require(Bytes.AddressOf(segment) % alignment.MemoryAlignmentBytes == 0);
            Invariant.Require(segment.Length % alignment.BlockSizeBytes == 0);
            Segments.Add((Bytes.AddressOf(segment), segment.Length));
        }

        if (!IsHolding)
        {
            return new(Do(batch, copy));
        }

        var call = new HeldCall(() => Do(batch, copy));
        held.Enqueue(call);
        return new(call, 0);
    }

    private TransferResult Do(SegmentBatch batch, Action<int> copy)
    {
        if (Failure is { } failure)
        {
            return TransferResult.Failed(failure);
        }

        var length = (int)Math.Min(batch.LengthBytes, MaxBytes);
        copy(length);
        return TransferResult.Moved(length);
    }

    /// <summary>Runs its continuation inline, like an engine that its owner polls.</summary>
    private sealed class HeldCall(Func<TransferResult> work) : IValueTaskSource<TransferResult>
    {
        private ManualResetValueTaskSourceCore<TransferResult> source;

        public TransferResult GetResult(short token) => source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            source.OnCompleted(continuation, state, token, flags);

        internal void Complete() => source.SetResult(work());
    }
}
