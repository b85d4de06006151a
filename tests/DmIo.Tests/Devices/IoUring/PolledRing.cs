using DmIo.Devices;
using DmIo.Devices.IoUring;
using DmIo.Devices.Stores;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>
/// An engine with an owner that works like the device actor: it polls after its calls, and then only when it is woken,
/// so that a lost wake-up fails the test.
/// </summary>
internal sealed class PolledRing : IAsyncDisposable
{
    // Only a bug waits that long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim woken = new(0);
    private int wakes;

    internal PolledRing(
        FileStore store,
        int depth = 8,
        PoolMemory? memory = null,
        TimeProvider? time = null,
        MappedRing? ring = null)
    {
        var opened = RingOpening.TryOpen(depth, out var abilities, out var reason);
        if (ring is not null)
        {
            opened!.Dispose();
        }

        var engine = RingEngine.TryCreate(
            store, ring ?? opened!, abilities, time ?? TimeProvider.System, out reason);
        Assert.Equal(string.Empty, reason);
        Engine = engine!;
        Engine.Attach(new DeviceHost(Wake) { Memory = memory });
    }

    internal RingEngine Engine { get; }

    /// <summary>The number of wake-ups.</summary>
    internal int Wakes => Volatile.Read(ref wakes);

    /// <summary>Polls as the owner does until the task is done.</summary>
    internal void PollUntilDone(Task task)
    {
        Engine.Poll();
        PollWhenWoken(task);
    }

    /// <summary>Like <see cref="PollUntilDone(Task)"/>, if a poll has already followed the last call.</summary>
    internal void PollWhenWoken(Task task)
    {
        while (!task.IsCompleted)
        {
            Assert.True(woken.Wait(Patience), "The owner of the ring was not woken.");
            Engine.Poll();
        }
    }

    /// <inheritdoc cref="PollUntilDone(Task)"/>
    internal T Result<T>(ValueTask<T> call)
    {
        var task = call.AsTask();
        PollUntilDone(task);
        return task.Result;
    }

    internal byte[] Read(long offsetBytes, int lengthBytes)
    {
        var bytes = new byte[lengthBytes];
        var result = Result(Engine.ReadAsync(offsetBytes, Bytes.Batch(bytes)));
        Assert.True(result.Status.IsOk, result.Status.ToString());
        return bytes[..(int)result.Bytes];
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();

    private void Wake()
    {
        Interlocked.Increment(ref wakes);
        woken.Release();
    }
}
