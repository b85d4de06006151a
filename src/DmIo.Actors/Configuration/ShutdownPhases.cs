using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace DmIo.Actors.Configuration;

/// <summary>
/// The phases of CoordinatedShutdown that the service uses. Its own phase, <see cref="Own"/>, runs after
/// <c>before-actor-system-terminate</c> and before <c>actor-system-terminate</c>: tasks of one phase run in parallel,
/// so a drain in an earlier phase would refuse the I/O of the application's tasks there. Akka.NET reads the phases from
/// the configuration once, at the first use of CoordinatedShutdown.
/// </summary>
internal static class ShutdownPhases
{
    /// <summary>The default phase in which the service drains.</summary>
    internal const string Own = "dmio-stop";

    private const string Phases = "akka.coordinated-shutdown.phases";

    /// <summary>The time allowed for closing the devices after the last I/O.</summary>
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(1);

    /// <summary>Declares <see cref="Own"/>, with a timeout that allows a drain of this length.</summary>
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

    /// <summary>Returns the phase of <c>dmio.shutdown-phase</c>, and declares it if necessary and possible. If it is
    /// too late to declare <see cref="Own"/>, returns the last phase before it, and logs a warning.</summary>
    /// <exception cref="ConfigurationException">There is no such phase, or the actor system may terminate before
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
                + "service stops in {1}, with the application's tasks there, whose I/O may be refused. Create the "
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

    /// <summary>The reason why a task that uses the service, or the service's own task, cannot run in the phase, as the
    /// end of a sentence; null if it can.</summary>
    internal static string? FaultOf(ActorSystem system, string? phase)
    {
        if (phase is null || TimeoutOf(system, phase) is null)
        {
            var known = PhasesOf(system).Keys.Where(name => TimeoutOf(system, name) is not null);
            return $"which is not a phase of akka.coordinated-shutdown; the phases are: {string.Join(", ", known)}.";
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
            // CoordinatedShutdown has no other way to report an unknown phase.
            return null;
        }
    }

    /// <summary>True if the system's termination depends on the phase, directly or indirectly.</summary>
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

    /// <summary>Each configured phase, with the phases that it depends on.</summary>
    private static Dictionary<string, IList<string>> PhasesOf(ActorSystem system)
    {
        var phases = system.Settings.Config.GetConfig(Phases);
        return phases.Root.GetObject().Unwrapped.Keys.ToDictionary(
            name => name, name => phases.GetStringList($"\"{name}\".depends-on", []), StringComparer.Ordinal);
    }
}
