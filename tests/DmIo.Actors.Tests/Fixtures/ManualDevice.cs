using System.Threading.Channels;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>
/// A memory device whose calls the test completes, in any order. A call takes effect when it completes. Records
/// violations of the contract by the caller: overlapping calls in flight, calls after the close.
/// </summary>
internal sealed class ManualDevice : IBlockDevice
{
    private readonly Lock gate = new();
    private readonly Channel<ManualCall> arrivals = Channel.CreateUnbounded<ManualCall>();
    private readonly List<ManualCall> pending = [];
    private readonly List<string> violations = [];
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] content;
    private Func<ManualCall, IoStatus>? automatic;
    private int maxInFlight;

    public ManualDevice(int sectors, Func<DeviceDescription, DeviceDescription>? describe = null)
    {
        content = new byte[sectors * Sector.SizeBytes];
        var description = new DeviceDescription
        {
            Backend = "manual",
            Capacity = ByteSize.FromSectors(sectors),
            MaxDiscard = ByteSize.FromSectors(sectors),
            MaxWriteZeroes = ByteSize.FromSectors(sectors),
            MaxSegments = 1,
        };
        Description = describe?.Invoke(description) ?? description;
    }

    public DeviceDescription Description { get; }

    /// <summary>If not null, calls complete at once with this status.</summary>
    public Func<ManualCall, IoStatus>? Automatic
    {
        get => Read(() => automatic);
        set => Read(() => automatic = value);
    }

    /// <summary>Called with the first sector and the data of each write before it takes effect.</summary>
    public Action<Sector, ReadOnlyMemory<byte>>? OnWriting { get; set; }

    /// <summary>Drops the cache of the device.</summary>
    public Func<IoStatus> DropCache { get; set; } = static () => IoStatus.Ok;

    /// <summary>Completes when the device is closed.</summary>
    public Task WhenClosed => closed.Task;

    public bool IsClosed => closed.Task.IsCompleted;

    public int MaxInFlight => Read(() => maxInFlight);

    public IReadOnlyList<string> Violations => Read(() => violations.ToArray());

    public IReadOnlyList<ManualCall> Pending => Read(() => pending.ToArray());

    /// <summary>All calls in order, including automatic ones.</summary>
    public List<ManualCall> Calls { get; } = [];

    public Memory<byte> Bytes(long sector, int sectors) =>
        content.AsMemory((int)sector * Sector.SizeBytes, sectors * Sector.SizeBytes);

    /// <summary>The next pending call, in order of arrival. Fails the test if none comes.</summary>
    public async Task<ManualCall> NextCallAsync() =>
        await arrivals.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Whether <see cref="NextCallAsync"/> would return at once.</summary>
    public bool HasNextCall => arrivals.Reader.TryPeek(out _);

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        var call = new ManualCall(this, operation.Kind, operation.Start, operation.Count, operation.ForceUnitAccess);
        return operation.Data is { } data ? TransferAsync(call, data) : ClearAsync(call);
    }

    public ValueTask<IoStatus> DropCacheAsync()
    {
        lock (gate)
        {
            Note(!IsClosed && pending.Count == 0, "its cache is dropped when it is closed or has calls in flight");
        }

        return new(DropCache());
    }

    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            Note(pending.Count == 0, "closed with calls in flight");
            Note(closed.TrySetResult(), "closed twice");
        }

        return ValueTask.CompletedTask;
    }

    internal void Left(ManualCall call)
    {
        lock (gate)
        {
            pending.Remove(call);
        }
    }

    private ValueTask<IoStatus> Enter(ManualCall call)
    {
        lock (gate)
        {
            Note(!IsClosed, $"{call} on a closed device");
            Note(!pending.Any(call.Overlaps), $"{call} overlaps one in flight");
            Calls.Add(call);
            if (automatic is { } answer)
            {
                return new(answer(call));
            }

            pending.Add(call);
            maxInFlight = Math.Max(maxInFlight, pending.Count);
            arrivals.Writer.TryWrite(call);
            return new(call.Task);
        }
    }

    private async ValueTask<TransferResult> TransferAsync(ManualCall call, SegmentBatch batch)
    {
        var status = await Enter(call);
        if (!status.IsOk)
        {
            return TransferResult.Failed(status);
        }

        var at = call.Start.Value;
        var rest = Bytes(call.Start.Value, (int)call.Count.Value);
        foreach (var segment in (IReadOnlyList<Memory<byte>>)batch)
        {
            var here = rest[..segment.Length];
            var (from, to) = call.Operation == IoOperation.Read ? (here, segment) : (segment, here);
            if (call.Operation == IoOperation.Write)
            {
                OnWriting?.Invoke(at, from);
            }

            from.CopyTo(to);
            at += segment.Length / Sector.SizeBytes;
            rest = rest[segment.Length..];
        }

        return TransferResult.Moved(batch.LengthBytes);
    }

    private async ValueTask<TransferResult> ClearAsync(ManualCall call)
    {
        var status = await Enter(call);
        if (status.IsOk)
        {
            Bytes(call.Start.Value, (int)call.Count.Value).Span.Clear();
        }

        return new TransferResult(0, status);
    }

    private void Note(bool isWell, string violation)
    {
        if (!isWell)
        {
            violations.Add(violation);
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (gate)
        {
            return read();
        }
    }
}
