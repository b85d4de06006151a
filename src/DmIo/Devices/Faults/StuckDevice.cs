using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device on which calls get stuck: those that match neither complete nor reach the inner device until they are let
/// go.
/// </summary>
/// <remarks><code>
///   Sticking --Release, ReleaseWith--> Passing: what was stuck goes on, what comes later is not stuck
///   Passing  --Stick---------------->  Sticking
/// </code></remarks>
public sealed class StuckDevice : WaitingDevice
{
    private readonly Lock gate = new();
    private readonly OperationFilter filter;
    private readonly List<TaskCompletionSource<IoStatus>> stuck = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> watchers = [];
    private bool isSticking = true;

    /// <summary>Puts it in front of a device; it sticks at once.</summary>
    /// <param name="inner">The device, which becomes this one's.</param>
    /// <param name="filter">Which calls get stuck; null: all.</param>
    public StuckDevice(IBlockDevice inner, OperationFilter? filter = null)
        : base(inner) => this.filter = filter ?? OperationFilter.Any;

    /// <summary>How many calls are stuck now.</summary>
    public int StuckCount
    {
        get
        {
            lock (gate)
            {
                return stuck.Count;
            }
        }
    }

    /// <summary>From now on, calls that match get stuck again.</summary>
    public void Stick()
    {
        lock (gate)
        {
            isSticking = true;
        }
    }

    /// <summary>
    /// Lets all that is stuck go on to the inner device, in order of arrival; what comes later passes. Returns how
    /// many.
    /// </summary>
    public int Release() => ReleaseWith(IoStatus.Ok);

    /// <summary>
    /// Ends all that is stuck with this status (Ok: lets it go on); what comes later passes. Returns how many.
    /// </summary>
    public int ReleaseWith(IoStatus status)
    {
        TaskCompletionSource<IoStatus>[] released;
        lock (gate)
        {
            isSticking = false;
            released = [.. stuck];
            stuck.Clear();
        }

        foreach (var call in released)
        {
            call.SetResult(status);
        }

        return released.Length;
    }

    /// <summary>Completes as soon as at least that many calls are stuck at the same time.</summary>
    public Task WhenStuckAsync(int count)
    {
        lock (gate)
        {
            if (stuck.Count >= count)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            watchers.Add((count, reached));
            return reached.Task;
        }
    }

    private protected override ValueTask<IoStatus> WaitAsync(IoOperation operation, Sector start, SectorCount count)
    {
        lock (gate)
        {
            if (!isSticking || !filter.Matches(operation, start, count))
            {
                return new(IoStatus.Ok);
            }

            // The caller of Release gets its turn back first: continuations run elsewhere.
            var call = new TaskCompletionSource<IoStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
            stuck.Add(call);
            foreach (var (_, reached) in watchers.Where(watcher => watcher.Count <= stuck.Count))
            {
                reached.SetResult();
            }

            watchers.RemoveAll(watcher => watcher.Count <= stuck.Count);
            return new(call.Task);
        }
    }
}
