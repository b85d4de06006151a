// Asynchronous handlers: an async method that one message starts runs on its actor until it ends, each part
// between two awaits as a system message, and no other user message comes in between.
//
//   RunTask -> mailbox suspended -> first part at once -> (await) -> step ... -> done -> mailbox resumed
//                                                                             -> failed -> the actor fails
using System.Runtime.ExceptionServices;
using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>Runs tasks as part of one actor.</summary>
public sealed class ActorTaskScheduler : TaskScheduler
{
    private readonly ActorCell _cell;
    private Letter? _letter;

    internal ActorTaskScheduler(ActorCell cell) => _cell = cell;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs asynchronous work as part of the message in hand of the running actor.</summary>
    public static void RunTask(Func<Task> asyncAction)
    {
        var cell = ActorCell.Current
            ?? throw new InvalidOperationException("RunTask must be called from an actor context.");
        cell.TaskScheduler.Begin(asyncAction);
    }

    private void Begin(Func<Task> asyncAction)
    {
        _letter = _cell.Letter;
        if (_letter is not null)
        {
            _letter.IsKept = true;
        }

        _cell.Mailbox.Suspend();
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);     // It would catch the awaits before we do.
        try
        {
            _ = Task.Factory.StartNew(asyncAction, CancellationToken.None, TaskCreationOptions.None, this)
                .Unwrap()
                .ContinueWith(
                    static (task, scheduler) => ((ActorTaskScheduler)scheduler!).End(task), this,
                    CancellationToken.None, TaskContinuationOptions.None, this);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void End(Task task)
    {
        if (task.IsCompletedSuccessfully)
        {
            _cell.Mailbox.Resume();
            _cell.CheckReceiveTimeout(_letter?.Message is not INotInfluenceReceiveTimeout);
            _letter = null;
            return;
        }

        var failure = task.IsCanceled ? new TaskCanceledException(task) : task.Exception!.InnerException!;
        PostStep(() =>
        {
            _cell.Mailbox.Resume();
            ExceptionDispatchInfo.Throw(failure);
        });
    }

    protected override void QueueTask(Task task)
    {
        if (ActorCell.Current == _cell && !task.CreationOptions.HasFlag(TaskCreationOptions.LongRunning))
        {
            TryExecuteTask(task);
            return;
        }

        PostStep(() => TryExecuteTask(task));
    }

    private void PostStep(Action step)
    {
        var letter = _letter;
        _cell.Mailbox.PostSystem(new ActorTaskStep(() =>
        {
            _cell.Letter = letter;
            step();
            _cell.Letter = null;
        }));
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
