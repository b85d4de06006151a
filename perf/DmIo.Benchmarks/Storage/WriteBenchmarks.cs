using Akka.Actor;
using BenchmarkDotNet.Attributes;
using DmIo.Actors.Client;

namespace DmIo.Benchmarks.Storage;

/// <summary>
/// Random 4 KiB writes to one region and to three regions, with 1 and 32 requests in flight: the client's tasks, the
/// actor's messages, and as the baseline the obvious .NET code, RandomAccess.WriteAsync on files on /dev/shm (for three
/// regions three calls with Task.WhenAll). These files are also the baseline for memory devices.
/// </summary>
[MemoryDiagnoser]
public class WriteBenchmarks : IDisposable
{
    private const int Requests = 8192;

    private readonly byte[] block = new byte[WriteTargets.BlockBytes];
    private WriteTargets targets = null!;
    private IoClient client = null!;
    private IActorRef driver = null!;

    [Params(1, 32)]
    public int InFlight { get; set; }

    [Params(1, 3)]
    public int Regions { get; set; }

    [Params(Store.Memory, Store.SharedMemoryFile)]
    public Store Store { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random.Shared.NextBytes(block);
        targets = new WriteTargets(Store, Regions);
        client = targets.Service.OpenAsync(pages: 64).GetAwaiter().GetResult();
        driver = targets.System.ActorOf(Props.Create(() => new WriteDriver(targets, block)));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        client.Dispose();
        targets.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Requests)]
    public Task RandomAccessWriteAsync() => RunAsync(() =>
    {
        var offset = WriteTargets.NextOffset();
        return Regions == 1
            ? RandomAccess.WriteAsync(targets.Files[0], block, offset).AsTask()
            : Task.WhenAll(targets.Files.Select(file => RandomAccess.WriteAsync(file, block, offset).AsTask()));
    });

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task ClientWriteAsync() => RunAsync(async () =>
    {
        var result = await client.WriteAsync(targets.NextRegions(), block);
        WriteDriver.RequireOk(result);
    });

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task TellIoRequest() => driver.Ask<WriteDriver.Finished>(new WriteDriver.Run(Requests, InFlight));

    /// <summary>Runs this number of workers, each with one request in flight.</summary>
    private async Task RunAsync(Func<Task> request)
    {
        var left = Requests;
        async Task WorkAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await request();
            }
        }

        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(WorkAsync)));
    }
}
