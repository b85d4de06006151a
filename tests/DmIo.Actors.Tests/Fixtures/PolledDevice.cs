using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>
/// A device that completes operations in <see cref="Poll"/> alone, as a ring does: what was called before is sent by
/// one poll, and done by the next that comes after <see cref="Finish"/>. Notes how many calls each poll sent.
/// </summary>
internal sealed class PolledDevice(int sectors) : DeviceDecorator(new MemoryDevice(ByteSize.FromSectors(sectors)))
{
    private readonly Lock gate = new();
    private readonly List<Action> called = [];
    private readonly List<Action> sent = [];
    private DeviceHost? owner;
    private bool isFinishing;

    /// <summary>Calls that each poll sent, where it sent any.</summary>
    internal List<int> Sent { get; } = [];

    /// <summary>Not zero: sent, and not done.</summary>
    internal int InFlight
    {
        get
        {
            lock (gate)
            {
                return sent.Count;
            }
        }
    }

    internal DeviceHost Owner => owner!;

    /// <summary>While the gate is closed, a poll of the device waits in it.</summary>
    internal ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>A poll of the device has reached the gate.</summary>
    internal SemaphoreSlim AtGate { get; } = new(0);

    public override void Attach(DeviceHost host) => owner = host;

    public override void Poll()
    {
        AtGate.Release();
        Gate.Wait();
        Action[] done = [];
        lock (gate)
        {
            if (isFinishing)
            {
                done = [.. sent];
                sent.Clear();
                isFinishing = false;
            }

            if (called.Count > 0)
            {
                Sent.Add(called.Count);
                sent.AddRange(called);
                called.Clear();
            }
        }

        foreach (var complete in done)
        {
            complete();
        }
    }

    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (operation.Data is null)
        {
            return base.SubmitAsync(operation);
        }

        var submitted = operation;
        return new(Call(() => Inner.SubmitAsync(submitted).AsTask().GetAwaiter().GetResult()));
    }

    /// <summary>What was sent is done; the owner is woken to hear of it.</summary>
    internal void Finish()
    {
        lock (gate)
        {
            isFinishing = true;
        }

        Owner.Wake();
    }

    private Task<T> Call<T>(Func<T> run)
    {
        var source = new TaskCompletionSource<T>();
        lock (gate)
        {
            called.Add(() => source.SetResult(run()));
        }

        return source.Task;
    }
}
