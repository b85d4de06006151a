using System.Collections.Concurrent;

namespace DmIo.Testing.Peers;

/// <summary>
/// The thread that starts other programs, and never ends. nbdkit requests a signal at the death of its parent, which
/// for the kernel is the thread that started it; a thread of the pool may end before the test does.
/// </summary>
internal static class ParentThread
{
    private static readonly BlockingCollection<Task> Tasks = Begin();

    internal static void Run(Action start)
    {
        var task = new Task(start);
        Tasks.Add(task);
        task.GetAwaiter().GetResult();
    }

    private static BlockingCollection<Task> Begin()
    {
        var tasks = new BlockingCollection<Task>();
        var thread = new Thread(() =>
        {
            foreach (var task in tasks.GetConsumingEnumerable())
            {
                task.RunSynchronously(TaskScheduler.Default);
            }
        })
        {
            IsBackground = true,
            Name = "Parent of peers",
        };
        thread.Start();
        return tasks;
    }
}
