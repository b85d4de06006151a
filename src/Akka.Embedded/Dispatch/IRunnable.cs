// Something to run on a dispatcher.
namespace Akka.Dispatch;

/// <summary>Work for a dispatcher or a scheduler; the thread pool takes it as it is.</summary>
public interface IRunnable : IThreadPoolWorkItem
{
    void Run();
}

/// <summary>An action as a runnable.</summary>
public sealed class ActionRunnable(Action action) : IRunnable
{
    public void Run() => action();

    public void Execute() => action();
}
