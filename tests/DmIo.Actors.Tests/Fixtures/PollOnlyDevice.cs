using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>
/// A device that completes operations in <see cref="Poll"/> only, as a ring does: a poll submits the calls before it,
/// and the first poll after <see cref="Finish"/> completes them. Records the number of calls that each poll submitted.
/// </summary>
internal sealed class PollOnlyDevice(int sectors) : DeviceDecorator(new MemoryDevice(ByteSize.FromSectors(sectors)))
{
    private readonly Lock gate = new();
    private readonly List<Action> called = [];
    private readonly List<Action> sent = [];
    private DeviceHost? owner;
    private bool isFinishing;

    /// <summary>The number of calls that each poll submitted, without zeroes.</summary>
    internal List<int> Sent { get; } = [];

    /// <summary>Calls that are submitted and not complete.</summary>
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

    /// <summary>While the gate is closed, polls wait at it.</summary>
    internal ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Released when a poll reaches the gate.</summary>
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

    /// <summary>Completes the submitted calls, and wakes the owner.</summary>
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
