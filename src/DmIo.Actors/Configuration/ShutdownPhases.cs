using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace DmIo.Actors.Configuration;

/// <summary>
/// The phases of CoordinatedShutdown as the service uses them. Its own, <see cref="Own"/>, runs after
/// <c>before-actor-system-terminate</c> and before <c>actor-system-terminate</c>: tasks of one phase run in parallel,
/// so a drain in an earlier phase would refuse the I/O of an application's tasks there. Akka.NET reads its phases from
/// the configuration, once, when CoordinatedShutdown is first used.
/// </summary>
internal static class ShutdownPhases
{
    /// <summary>The phase in which the service drains, unless it is configured otherwise.</summary>
    internal const string Own = "dmio-stop";

    private const string Phases = "akka.coordinated-shutdown.phases";

    /// <summary>What closing the devices may take after the last I/O.</summary>
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(1);

    /// <summary>Declares <see cref="Own"/>, with room for a drain of that length.</summary>
    internal static Config Declare(TimeSpan shutdownTimeout) => ConfigurationFactory.ParseString($$"""
        {{Phases}} {
          {{Own}} {
            depends-on = [{{CoordinatedShutdown.PhaseBeforeActorSystemTerminate}}]
            timeout = {{(long)(shutdownTimeout + Closing).TotalMilliseconds}}ms
            recover = on
          }
          {{CoordinatedShutdown.PhaseActorSystemTerminate}}.depends-on = [{{Own}}]
        }
        """);

    /// <summary>The phase of <c>dmio.shutdown-phase</c>, declared where that is necessary and possible. Where it is too
    /// late to declare <see cref="Own"/>, the last phase before it, with a warning.</summary>
    /// <exception cref="ConfigurationException">There is no such phase, or the system may terminate before
    /// it.</exception>
    internal static string Choose(ExtendedActorSystem system, DmIoSettings settings, ILoggingAdapter log)
    {
        var phase = settings.ShutdownPhase;
        if (!system.HasExtension<CoordinatedShutdown>())
        {
            system.Settings.InjectTopLevelFallback(Declare(settings.ShutdownTimeout));
        }

        if (phase == Own && TimeoutOf(system, Own) is null)
        {
            phase = CoordinatedShutdown.PhaseBeforeActorSystemTerminate;
            log.Warning(
                "CoordinatedShutdown was in use before the dm-io service was started, without the phase {0}; the "
                + "service stops in {1}, beside the application's tasks there, whose I/O may be refused. Create the "
                + "actor system with DmIoService.DefaultConfig() as a fallback of its configuration.",
                Own,
                phase);
        }

        if (FaultOf(system, phase) is { } fault)
        {
            throw new ConfigurationException($"dmio.shutdown-phase is '{phase}', {fault}");
        }

        if (TimeoutOf(system, phase) <= settings.ShutdownTimeout)
        {
            log.Warning(
                "dmio.shutdown-timeout is {0}, but its phase {1} ends after {2}; set {3}.{1}.timeout to more.",
                settings.ShutdownTimeout,
                phase,
                TimeoutOf(system, phase),
                Phases);
        }

        return phase;
    }

    /// <summary>Why no task that uses the service, or is the service's own, can be in that phase, as the end of a
    /// sentence; null where it can.</summary>
    internal static string? FaultOf(ActorSystem system, string? phase)
    {
        if (phase is null || TimeoutOf(system, phase) is null)
        {
            var known = PhasesOf(system).Keys.Where(name => TimeoutOf(system, name) is not null);
            return $"which is no phase of akka.coordinated-shutdown; these are: {string.Join(", ", known)}.";
        }

        return IsBeforeTermination(system, phase)
            ? null
            : $"which may run after the actor system has terminated; add it to {Phases}"
                + $".{CoordinatedShutdown.PhaseActorSystemTerminate}.depends-on, or choose another phase.";
    }

    private static TimeSpan? TimeoutOf(ActorSystem system, string phase)
    {
        try
        {
            return CoordinatedShutdown.Get(system).Timeout(phase);
        }
        catch (ArgumentException)
        {
            // CoordinatedShutdown has no other way to say that it does not know the phase.
            return null;
        }
    }

    /// <summary>The system's termination depends on it, directly or not.</summary>
    private static bool IsBeforeTermination(ActorSystem system, string phase)
    {
        var phases = PhasesOf(system);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var next = new Stack<string>([CoordinatedShutdown.PhaseActorSystemTerminate]);
        while (next.TryPop(out var later))
        {
            foreach (var earlier in phases.GetValueOrDefault(later, []).Where(seen.Add))
            {
                next.Push(earlier);
            }
        }

        return seen.Contains(phase);
    }

    /// <summary>Each configured phase, and those that it depends on.</summary>
    private static Dictionary<string, IList<string>> PhasesOf(ActorSystem system)
    {
        var phases = system.Settings.Config.GetConfig(Phases);
        return phases.Root.GetObject().Unwrapped.Keys.ToDictionary(
            name => name, name => phases.GetStringList($"\"{name}\".depends-on", []), StringComparer.Ordinal);
    }
}
