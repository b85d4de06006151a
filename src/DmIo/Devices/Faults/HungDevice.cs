using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device on which calls hang: calls that match the filter neither complete nor reach the inner device until they are
/// released.
/// </summary>
/// <remarks><code>
///   Hanging --Release, ReleaseWith--> Passing     hung calls continue, later calls do not hang
///   Passing --Hang------------------> Hanging
/// </code></remarks>
public sealed class HungDevice : WaitingDevice
{
    private readonly Lock gate = new();
    private readonly OperationFilter filter;
    private readonly List<TaskCompletionSource<IoStatus>> hung = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> watchers = [];
    private bool isHanging = true;

    /// <summary>Wraps a device; calls hang from the start.</summary>
    /// <param name="inner">The device, which becomes this one's.</param>
    /// <param name="filter">The calls that hang; null: all.</param>
    public HungDevice(IBlockDevice inner, OperationFilter? filter = null)
        : base(inner) => this.filter = filter ?? OperationFilter.Any;

    /// <summary>The number of calls that hang.</summary>
    public int HungCount
    {
        get
        {
            lock (gate)
            {
                return hung.Count;
            }
        }
    }

    /// <summary>From now on, calls that match the filter hang again.</summary>
    public void Hang()
    {
        lock (gate)
        {
            isHanging = true;
        }
    }

    /// <summary>
    /// Passes the hung calls to the inner device, in order of arrival; later calls do not hang. Returns how many calls
    /// hung.
    /// </summary>
    public int Release() => ReleaseWith(IoStatus.Ok);

    /// <summary>
    /// Ends the hung calls with a status (Ok: passes them to the inner device); later calls do not hang. Returns how
    /// many calls hung.
    /// </summary>
    public int ReleaseWith(IoStatus status)
    {
        TaskCompletionSource<IoStatus>[] released;
        lock (gate)
        {
            isHanging = false;
            released = [.. hung];
            hung.Clear();
        }

        foreach (var call in released)
        {
            call.SetResult(status);
        }

        return released.Length;
    }

    /// <summary>Completes as soon as at least <paramref name="count"/> calls hang at the same time.</summary>
    public Task WhenHungAsync(int count)
    {
        lock (gate)
        {
            if (hung.Count >= count)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            watchers.Add((count, reached));
            return reached.Task;
        }
    }

    private protected override ValueTask<IoStatus> WaitAsync(DeviceOperation operation)
    {
        lock (gate)
        {
            if (!isHanging || !filter.Matches(operation))
            {
                return new(IoStatus.Ok);
            }

            // The caller of Release gets its turn back first: continuations run elsewhere.
            var call = new TaskCompletionSource<IoStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
            hung.Add(call);
            foreach (var (_, reached) in watchers.Where(watcher => watcher.Count <= hung.Count))
            {
                reached.SetResult();
            }

            watchers.RemoveAll(watcher => watcher.Count <= hung.Count);
            return new(call.Task);
        }
    }
}
