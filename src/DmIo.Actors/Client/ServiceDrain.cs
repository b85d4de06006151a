using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Configuration;
using static DmIo.Actors.Protocol.DrainProtocol;

namespace DmIo.Actors.Client;

/// <summary>
/// The stop of a service in CoordinatedShutdown, within <c>dmio.shutdown-timeout</c>: first what writes to devices when
/// it closes, then the I/O in flight, then the devices.
/// </summary>
/// <param name="system">The actor system, whose scheduler is the clock.</param>
/// <param name="settings">The settings of the service.</param>
/// <param name="log">Gets a warning if the time is over.</param>
internal sealed class ServiceDrain(ExtendedActorSystem system, DmIoSettings settings, ILoggingAdapter log)
{
    private ImmutableList<Func<Task>> closing = [];

    /// <summary>Adds a component that uses the service, such as volumes: it is closed before the service
    /// stops.</summary>
    /// <param name="close">Closes the component; must not throw.</param>
    internal void CloseFirst(Func<Task> close) => ImmutableInterlocked.Update(ref closing, all => all.Add(close));

    /// <summary>Stops the service.</summary>
    /// <param name="supervisor">Its supervisor.</param>
    /// <param name="stopped">The supervisor has stopped.</param>
    internal async Task RunAsync(IActorRef supervisor, CancellationToken stopped)
    {
        // Not disposed of, since the timer may come after all.
        var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        var timer = system.Scheduler.Advanced.ScheduleOnceCancelable(settings.ShutdownTimeout, giveUp.Cancel);
        try
        {
            var closed = Task.WhenAll(Volatile.Read(ref closing).Select(close => close()));
            await closed.WaitAsync(giveUp.Token).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await supervisor.Ask<ServiceDrained>(DrainService.Instance, Timeout.InfiniteTimeSpan, giveUp.Token);
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // Nothing is left to drain.
        }
        catch (OperationCanceledException)
        {
            log.Warning(
                "I/O is still in flight after {0}; its requests end with the status Stopped.",
                settings.ShutdownTimeout);
        }
        finally
        {
            timer.Cancel();
        }
    }
}
