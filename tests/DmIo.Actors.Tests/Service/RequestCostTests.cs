using Akka.Actor;
using DmIo.Actors.Tests.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>The cost of a request: allocations, and copies of its payload.</summary>
[Collection(nameof(RequestCostTests))]
[CollectionDefinition(nameof(RequestCostTests), DisableParallelization = true)]
public sealed class RequestCostTests
{
    private const int Requests = 20_000;

    [Theory]
    [InlineData(1, 256)]
    [InlineData(3, 512)]
    public async Task A_request_by_Tell_allocates_little_including_its_message_and_regions(
        int regions, int limitBytes)
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b", "c");
        var driver = running.System.ActorOf(Props.Create(() => new Driver(running.Service.Supervisor, regions)));
        await driver.Ask<object>(Requests).InTime();

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await driver.Ask<object>(Requests).InTime();
        var perRequest = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests;

        Assert.InRange(perRequest, 1, limitBytes);
    }

    [Fact]
    public async Task R19_a_waiting_call_allocates_little_and_no_copy_of_its_payload()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var data = new byte[Page.SizeBytes];
        var calls = new Task<IoResult>[Requests];

        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var index = 0; index < Requests; index++)
        {
            calls[index] = client.WriteAsync(new IoRegion("a", 0, 8), data);
        }

        // This message is handled after all requests.
        await client.Requests.Ask<IoRefused>(new IoRequest { Operation = IoOperation.Flush, Regions = [] }).InTime();
        var perCall = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests;

        Assert.InRange(perCall, 1, 1024);
        stuck.Release();
        Assert.All(await Task.WhenAll(calls).InTime(), result => Assert.True(result.IsOk));
    }

    [Fact]
    public async Task The_backend_gets_the_callers_memory_for_all_kinds_of_memory()
    {
        await using var running = new RunningService();
        var device = new WatchingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await running.Service.AttachAsync("disk", device).InTime();
        await using var client = await running.Service.OpenAsync(4).InTime();
        var array = GC.AllocateArray<byte>(8192, pinned: true);
        var buffer = VirtualBuffer.Allocate(8192);

        foreach (var memory in new IoMemory[]
        {
            array,
            new PageList(client.Lease.Pages, firstPageOffset: 512),
            new BioVector([new BioSegment(array, 512, 1024), new BioSegment(array, 4096, 512)]),
            buffer,
            buffer.Slice(4096, 2048),
        })
        {
            device.Seen.Clear();
            await client.WriteAsync(new IoRegion("disk", 0, 3), memory).InTime();
            Assert.Equal(SegmentsOf(memory, 1536), device.Seen);
            device.Seen.Clear();
            await client.ReadAsync(new IoRegion("disk", 8, 3), memory).InTime();
            Assert.Equal(SegmentsOf(memory, 1536), device.Seen);
        }
    }

    /// <summary>Memory is equal if it is the same range of the same object.</summary>
    private static List<Memory<byte>> SegmentsOf(IoMemory memory, long bytes)
    {
        var batch = new SegmentBatch();
        memory.GetCursor().Take(batch, bytes, int.MaxValue);
        return [.. batch.Segments];
    }

    /// <summary>Records the memory of each call.</summary>
    private sealed class WatchingDevice(IBlockDevice inner) : DeviceDecorator(inner)
    {
        internal List<Memory<byte>> Seen { get; } = [];

        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
        {
            Seen.AddRange(operation.Data is { } data ? data.Segments : []);
            return base.SubmitAsync(operation);
        }
    }

    /// <summary>Keeps 16 requests in flight by messages until the given number is done.</summary>
    private sealed class Driver(IActorRef supervisor, int regionCount) : UntypedActor
    {
        private static readonly string[] Devices = ["a", "b", "c"];

        private readonly byte[] data = new byte[Page.SizeBytes];
        private IActorRef requests = ActorRefs.Nobody;
        private IActorRef asker = ActorRefs.Nobody;
        private int toSend;
        private int toFinish;

        protected override void PreStart() => supervisor.Tell(new Get(16), Self);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Granted granted:
                    requests = granted.Requests;
                    Begin();
                    break;
                case int count:
                    asker = Sender;
                    toSend = toFinish = count;
                    Begin();
                    break;
                case IoDone done:
                    done.Result.ThrowIfFailed();
                    Send();
                    if (--toFinish == 0)
                    {
                        asker.Tell("done");
                    }

                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        private void Begin()
        {
            for (var index = 0; index < 16 && !requests.IsNobody(); index++)
            {
                Send();
            }
        }

        private void Send()
        {
            if (toSend == 0)
            {
                return;
            }

            toSend--;
            var regions = new IoRegion[regionCount];
            for (var index = 0; index < regions.Length; index++)
            {
                regions[index] = new IoRegion(Devices[index], toSend % 256 * 8, 8);
            }

            requests.Tell(new IoRequest { Operation = IoOperation.Write, Regions = regions, Memory = data });
        }
    }
}
