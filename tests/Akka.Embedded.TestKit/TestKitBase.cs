// A test's actor system with an actor of its own in it: what is told to the test actor waits in a queue for the test.
// While the test's thread runs, what it tells comes from the test actor, before and after an await.
// Files: this one begins and ends; .Expect, .Receive, .Await, .Within and .ActorOf are what tests call.

using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>What a test needs of a runtime made of actors. Used by one test at a time.</summary>
public abstract partial class TestKitBase
{
    private static int _testActors;

    private readonly TestQueue _queue = new();
    private readonly ActorCell? _implicitSender;
    private MessageEnvelope? _last;
    private TimeSpan? _end;
    private bool _lastExpectedNothing;

    /// <summary>On the system given, or on a new one with the configuration given.</summary>
    protected TestKitBase(ActorSystem? system, Config? config, string? actorSystemName, string? testActorName)
    {
        if (system is null)
        {
            var settings = config is null ? DefaultConfig : config.WithFallback(DefaultConfig);
            system = ActorSystem.Create(actorSystemName ?? "test", settings);
        }
        else
        {
            system.Settings.InjectTopLevelFallback(DefaultConfig);
        }

        Sys = system;
        TestKitSettings = new TestKitSettings(system.Settings.Config);
        Log = Logging.GetLogger(system, GetType());
        EventFilter = new EventFilterFactory(this, system, []);
        TestActor = CreateTestActor(testActorName ?? $"testActor{Interlocked.Increment(ref _testActors)}");
        if (this is TestProbe)
        {
            return;
        }

        _implicitSender = this is INoImplicitSender ? null : ((LocalActorRef)TestActor).Cell;
        InternalCurrentActorCellKeeper.Current = _implicitSender;
        SynchronizationContext.SetSynchronizationContext(new SenderKeepingContext(_implicitSender));
    }

    /// <summary>What a test's configuration falls back on.</summary>
    public static Config DefaultConfig { get; } = ConfigurationFactory.ParseString(TestKitSettings.Defaults);

    /// <summary>Everything that the runtime can log, logged.</summary>
    public static Config FullDebugConfig { get; } = ConfigurationFactory.ParseString("""
        akka.log-dead-letters-during-shutdown = true
        akka.log-dead-letters = true
        akka.loglevel = DEBUG
        akka.stdout-loglevel = DEBUG
        akka.actor.debug {
          receive = true
          autoreceive = true
          lifecycle = true
          event-stream = true
          unhandled = true
        }
        """);

    public ActorSystem Sys { get; }

    public TestKitSettings TestKitSettings { get; }

    public ILoggingAdapter Log { get; }

    /// <summary>Where replies to the test arrive.</summary>
    public IActorRef TestActor { get; }

    /// <summary>Filters of what is logged, to count or to silence it.</summary>
    public EventFilterFactory EventFilter { get; }

    /// <summary>The message taken last; null before the first and after an expectation that got none.</summary>
    public object? LastMessage => _last?.Message;

    /// <summary>Who told the message taken last.</summary>
    public IActorRef LastSender => _last?.Sender ?? ActorRefs.NoSender;

    /// <summary>Whether a message waits to be taken.</summary>
    public bool HasMessages => _queue.Count > 0;

    protected static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system, []);

    /// <summary>Drops, from now on, the messages for which the function is true.</summary>
    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage)
        => TestActor.Tell(new InternalTestActor.SetIgnore(shouldIgnoreMessage), TestActor);

    public void IgnoreMessages<TMessage>(Func<TMessage, bool> shouldIgnoreMessage)
        => IgnoreMessages(message => message is TMessage typed && shouldIgnoreMessage(typed));

    public void IgnoreMessages<TMessage>() => IgnoreMessages(static message => message is TMessage);

    public void IgnoreNoMessages() => IgnoreMessages(static _ => false);

    /// <summary>The test actor watches the actor; it does so by the time that this returns.</summary>
    public IActorRef Watch(IActorRef actorToWatch)
    {
        TestActor.Ask(new InternalTestActor.Watch(actorToWatch), RemainingOrDefault).GetAwaiter().GetResult();
        return actorToWatch;
    }

    public async Task<IActorRef> WatchAsync(IActorRef actorToWatch)
    {
        await TestActor.Ask(new InternalTestActor.Watch(actorToWatch), RemainingOrDefault);
        return actorToWatch;
    }

    /// <summary>The test actor watches the actor no longer; it does so by the time that this returns.</summary>
    public IActorRef Unwatch(IActorRef actorToUnwatch)
    {
        TestActor.Ask(new InternalTestActor.Unwatch(actorToUnwatch), RemainingOrDefault).GetAwaiter().GetResult();
        return actorToUnwatch;
    }

    public async Task<IActorRef> UnwatchAsync(IActorRef actorToUnwatch)
    {
        await TestActor.Ask(new InternalTestActor.Unwatch(actorToUnwatch), RemainingOrDefault);
        return actorToUnwatch;
    }

    public void SetAutoPilot(AutoPilot pilot)
        => TestActor.Tell(new InternalTestActor.SetAutoPilot(pilot), TestActor);

    /// <summary>Terminates the system and waits for it.</summary>
    /// <exception cref="TimeoutException">It did not end in time, and that was to be verified.</exception>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        Shutdown(Sys, duration, verifySystemShutdown);
        if (ReferenceEquals(InternalCurrentActorCellKeeper.Current, _implicitSender))
        {
            InternalCurrentActorCellKeeper.Current = null;
        }
    }

    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? Dilated(TimeSpan.FromSeconds(5));
        if (system.Terminate().Wait(limit))
        {
            return;
        }

        var failure = $"Failed to stop [{system.Name}] within [{limit}].";
        if (verifySystemShutdown)
        {
            throw new TimeoutException(failure);
        }

        system.Log.Warning(failure);
    }

    private IActorRef CreateTestActor(string name)
    {
        var queue = _queue;
        var props = Props.Create(() => new InternalTestActor(queue)).WithDispatcher("akka.test.test-actor.dispatcher");
        return ((ExtendedActorSystem)Sys).SystemActorOf(props, name);
    }
}
