// A tree of actors with what they share. Created by name and configuration, ended by Terminate, which stops user
// actors, then the runtime's own, then the scheduler, without any thread waiting.
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>An actor system. Expensive: make one per application. Thread-safe.</summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    private bool _isDisposed;

    private protected ActorSystem()
    {
    }

    public abstract string Name { get; }
    public abstract Settings Settings { get; }
    public abstract EventStream EventStream { get; }
    public abstract IActorRef DeadLetters { get; }
    public abstract Dispatchers Dispatchers { get; }
    public abstract IScheduler Scheduler { get; }
    public abstract ILoggingAdapter Log { get; }

    /// <summary>Completes when everything of the system has ended.</summary>
    public abstract Task WhenTerminated { get; }

    public static ActorSystem Create(string name) => Create(name, ConfigurationFactory.Empty);

    /// <exception cref="ArgumentException">The name is not made of letters, digits and inner hyphens.</exception>
    public static ActorSystem Create(string name, Config config) => ActorSystemImpl.CreateAndStart(name, config);

    public abstract IActorRef ActorOf(Props props, string? name = null);
    public abstract ActorSelection ActorSelection(ActorPath actorPath);
    public abstract ActorSelection ActorSelection(string actorPath);
    public abstract void Stop(IActorRef actor);

    /// <summary>Runs the coordinated shutdown, whose last phase ends the system.</summary>
    public abstract Task Terminate();

    /// <summary>Runs the code after the last actor has ended; later registrations run first.</summary>
    public abstract void RegisterOnTermination(Action code);

    public abstract object RegisterExtension(IExtensionId extension);
    public abstract object GetExtension(IExtensionId extensionId);
    public abstract T GetExtension<T>()
        where T : class, IExtension;
    public abstract bool HasExtension<T>()
        where T : class, IExtension;
    public abstract bool TryGetExtension<T>(out T extension)
        where T : class, IExtension;

    internal abstract Task FinalTerminate();

    /// <summary>Terminates and waits for the end.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Terminate().Wait();
        }

        GC.SuppressFinalize(this);
    }
}

/// <summary>The system as extensions see it.</summary>
public abstract class ExtendedActorSystem : ActorSystem
{
    private protected ExtendedActorSystem()
    {
    }

    /// <summary>Makes an actor under <c>/system</c>: it lives until all user actors have ended.</summary>
    public abstract IActorRef SystemActorOf(Props props, string? name = null);
}
