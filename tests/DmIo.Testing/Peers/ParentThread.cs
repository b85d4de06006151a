using System.Collections.Concurrent;

namespace DmIo.Testing.Peers;

/// <summary>
/// The thread that starts other programs, and never ends: nbdkit has the kernel end it with its parent, and for the
/// kernel that is the thread that started it, which of a test is often gone before the test is.
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
