// Waiting, outside an actor, for an actor's end: a reference that watches it and completes a task.
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Stopping an actor and waiting for its end without blocking.</summary>
public static class GracefulStopSupport
{
    /// <summary>Sends a poison pill; true when the actor has ended within the time.</summary>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) =>
        target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>Sends the given message, which must make the actor stop; true when it has ended in time.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        using var cancellation = timeout == TimeSpan.Zero ? null : new CancellationTokenSource(timeout);
        var watcher = new EndOfActorRef((IInternalActorRef)target);
        watcher.Begin();
        target.Tell(stopMessage, ActorRefs.NoSender);
        return await watcher.Ended(cancellation?.Token ?? default).ConfigureAwait(false);
    }

    /// <summary>True when the actor has ended; false when the token was cancelled first.</summary>
    public static async Task<bool> WatchAsync(this IActorRef target, CancellationToken token = default)
    {
        var watcher = new EndOfActorRef((IInternalActorRef)target);
        watcher.Begin();
        return await watcher.Ended(token).ConfigureAwait(false);
    }

    private sealed class EndOfActorRef(IInternalActorRef target) : TemporaryActorRef(
        target.System ?? throw new InvalidOperationException($"{target} cannot be death-watched"))
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Begin() => target.SendSystemMessage(new Watch(target, this));

        internal async Task<bool> Ended(CancellationToken token)
        {
            try
            {
                await _ended.Task.WaitAsync(token).ConfigureAwait(false);
                return true;
            }
            catch (OperationCanceledException)
            {
                target.SendSystemMessage(new Unwatch(this));
                return false;
            }
        }

        private protected override void OnSystemMessage(SystemMessage message)
        {
            if (message is DeathWatchNotification)
            {
                _ended.TrySetResult();
            }
        }
    }
}
