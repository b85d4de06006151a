using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>A queue with a manual clock, and factories of I/Os for it.</summary>
internal sealed class QueueBench
{
    public QueueBench(IoQueueOptions? options = null, DeviceDescription? device = null) =>
        Queue = new IoQueue(options ?? new IoQueueOptions(), device ?? Device());

    public IoQueue Queue { get; }

    public TimeSpan Now { get; private set; }

    public static DeviceDescription Device() =>
        new() { Backend = "test", Capacity = ByteSize.FromSectors(SectorCount.MaxValue), Mode = ServiceMode.Ring };

    public static IoQueueOptions Fixed(int depth, SchedulingPolicy policy = SchedulingPolicy.Fair) =>
        new() { Policy = policy, Depth = QueueDepth.Fixed(depth) };

    public void Pass(double milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>An I/O that is in no queue yet.</summary>
    public static DeviceIo New(
        IoOperation operation,
        long start,
        long count,
        long lease = 1,
        int weight = 100,
        IoPriority priority = IoPriority.BestEffort,
        bool durable = false,
        IoMemory? memory = null) =>
        TestRequests.Io(
            operation,
            new IoRegion("disk", start, count),
            memory,
            durable,
            lease: new LeaseId(lease),
            weight: weight,
            priority: priority);

    public DeviceIo Add(DeviceIo io)
    {
        Queue.Add(io, Now);
        return io;
    }

    public DeviceIo Read(long start, long count, long lease = 1, IoPriority priority = IoPriority.BestEffort) =>
        Add(New(IoOperation.Read, start, count, lease, priority: priority));

    public DeviceIo Write(long start, long count, long lease = 1, IoPriority priority = IoPriority.BestEffort) =>
        Add(New(IoOperation.Write, start, count, lease, priority: priority));

    public DeviceIo Durable(long start, long count) => Add(New(IoOperation.Write, start, count, durable: true));

    public DeviceIo Flush(IoPriority priority = IoPriority.BestEffort) =>
        Add(New(IoOperation.Flush, 0, 0, priority: priority));

    public DispatchedOperation Take() => TryTake() ?? throw new InvalidOperationException("No operation is ready.");

    public DispatchedOperation? TryTake() => Queue.TryTakeNext(Now, out var operation) ? operation : null;

    /// <summary>All operations that are ready.</summary>
    public List<DispatchedOperation> TakeAll()
    {
        var taken = new List<DispatchedOperation>();
        while (TryTake() is { } operation)
        {
            taken.Add(operation);
        }

        return taken;
    }

    /// <summary>Takes and completes one operation. Returns its number of I/Os.</summary>
    public int EndNext()
    {
        var operation = Take();
        var count = operation.Ios.Length;
        Complete(operation);
        return count;
    }

    public void Complete(DispatchedOperation operation) => Queue.Completed(operation, Now);

    public void Written(DispatchedOperation operation) => Queue.Written(operation, Now);
}
