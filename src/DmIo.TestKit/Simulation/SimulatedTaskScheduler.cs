namespace DmIo.TestKit.Simulation;

/// <summary>Runs tasks as steps of a <see cref="SimulatedRuntime"/>, including their continuations.</summary>
internal sealed class SimulatedTaskScheduler(SimulatedRuntime runtime) : TaskScheduler
{
    private Task? now;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs a function immediately. Its continuations, and those that it adds to tasks, run as
    /// steps.</summary>
    internal T RunNow<T>(Func<T> function)
    {
        var task = new Task<T>(function);
        now = task;
        task.RunSynchronously(this);
        return task.GetAwaiter().GetResult();
    }

    protected override void QueueTask(Task task) => runtime.Queue(new Work(this, task));

    /// <summary>Never inline: the seed decides when the task runs.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        task == now && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private sealed class Work(SimulatedTaskScheduler scheduler, Task task) : IThreadPoolWorkItem
    {
        public void Execute() => scheduler.TryExecuteTask(task);
    }
}
