using System.Buffers.Binary;
using DmIo.Actors.Client;
using DmIo.Io;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Client;

/// <summary>Many threads that call and cancel without waiting for outcomes, on a lease of one page.</summary>
public sealed class RoomStressTests(ITestOutputHelper output)
{
    private const int Threads = 4;
    private const int CallsPerThread = 3000;

    [Fact]
    public async Task R19_with_cancellations_each_call_has_one_outcome_and_the_last_write_of_a_thread_wins()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");

        var callers = await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            var caller = new Caller(client, thread, new Random(seed + thread));
            caller.Run();
            return caller;
        }))).InTime();

        foreach (var caller in callers)
        {
            await caller.CheckAsync();
        }

        await client.DisposeAsync().InTime();
        Assert.Equal(0, client.OutstandingCount);
    }

    /// <summary>Writes increasing numbers to its own sector, and cancels some of the writes.</summary>
    private sealed class Caller(IoClient client, int sector, Random random)
    {
        private readonly List<(int Number, Task<IoResult> Write)> writes = [];
        private readonly OutcomeCount callbacks = new(expected: CallsPerThread);

        private IoRegion Region => new("a", sector, 1);

        internal void Run()
        {
            CancellationTokenSource? cancellation = null;
            for (var number = 0; number < CallsPerThread; number++)
            {
                var data = new byte[Sector.SizeBytes];
                BinaryPrimitives.WriteInt32LittleEndian(data, number);
                if (random.Next(4) == 0)
                {
                    cancellation?.Cancel();
                    cancellation = new CancellationTokenSource();
                }

                var token = random.Next(2) == 0 ? CancellationToken.None : cancellation?.Token ?? default;
                writes.Add((number, client.WriteAsync(Region, data, null, token)));
                client.Flush("a", callbacks.Callback);
            }

            cancellation?.Cancel();
        }

        internal async Task CheckAsync()
        {
            await callbacks.AllThere.InTime();
            await Task.WhenAll(writes.Select(write => write.Write)).ContinueWith(_ => { }, TaskScheduler.Default)
                .InTime();
            Assert.Equal(CallsPerThread, callbacks.Count);
            Assert.All(writes, write => Assert.True(write.Write.IsCanceled || write.Write.Result.IsOk));
            var data = new byte[Sector.SizeBytes];
            Assert.True((await client.ReadAsync(Region, data).InTime()).IsOk);
            var last = writes.Last(write => !write.Write.IsCanceled).Number;
            Assert.InRange(BinaryPrimitives.ReadInt32LittleEndian(data), last, CallsPerThread - 1);
        }
    }
}
