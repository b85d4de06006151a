// The actor system: puts the parts together, and takes them apart again.
//
//   settings -> event stream, log -> scheduler -> dispatchers -> guardians -> loggers -> extensions
//   Terminate -> coordinated shutdown -> /user ends -> loggers stop, /system ends -> / ends
//             -> what was registered on termination (the scheduler last) -> WhenTerminated
using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor.Internal;

internal sealed partial class ActorSystemImpl : ExtendedActorSystem
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    private readonly ConcurrentStack<Action> _onTermination = new();
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActorPath _temporaryPath;
    private readonly DeploymentSection _deployment;
    private long _temporaryNames;
    private IActorRef? _deadLetterListener;
    private bool _isTerminated;

    private ActorSystemImpl(string name, Config config)
    {
        Name = name;
        RootPath = new RootActorPath(new Address("akka", name));
        _temporaryPath = RootPath / "temp";
        Graveyard = new DeadLetterActorRef(this, RootPath / "deadLetters");
        Settings = new Settings(this, config);
        EventStream = new EventStream(Settings.DebugEventStream);
        EventStream.StartStdoutLogger(Settings);
        Log = Logging.GetLogger(EventStream, $"ActorSystem({name})");
        Scheduler = (IScheduler)Activator.CreateInstance(
            TypeResolver.Resolve(Settings.SchedulerClass, "akka.scheduler.implementation"), Settings.Config, Log)!;
        Dispatchers = new Dispatchers(this);
        _deployment = new DeploymentSection(Settings.Config);
        Guardians = new Guardians(this);
        RegisterOnTermination(() => (Scheduler as IDisposable)?.Dispose());
    }

    public override string Name { get; }
    public override Settings Settings { get; }
    public override EventStream EventStream { get; }
    public override IActorRef DeadLetters => Graveyard;
    public override Dispatchers Dispatchers { get; }
    public override IScheduler Scheduler { get; }
    public override ILoggingAdapter Log { get; }
    public override Task WhenTerminated => _terminated.Task;
    internal ActorPath RootPath { get; }
    internal DeadLetterActorRef Graveyard { get; }
    internal Guardians Guardians { get; }

    internal static ActorSystemImpl CreateAndStart(string name, Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (!ValidName().IsMatch(name))
        {
            throw new ArgumentException(
                $"Invalid ActorSystem name [{name}], must contain only word characters " +
                "(i.e. [a-zA-Z0-9] plus non-leading '-')", nameof(name));
        }

        var system = new ActorSystemImpl(name, config);
        try
        {
            system.Start();
            return system;
        }
        catch
        {
            _ = system.FinalTerminate();
            throw;
        }
    }

    private void Start()
    {
        Guardians.Start();
        EventStream.StartDefaultLoggers(this);
        LoadExtensions();
        if (Settings.LogDeadLetters > 0)
        {
            _deadLetterListener = SystemActorOf(Props.Create<DeadLetterListener>(), "deadLetterListener");
        }

        if (Settings.LogConfigOnStart)
        {
            Log.Info(Settings.ToString());
        }
    }

    internal static long NextUid() => Random.Shared.Next(1, int.MaxValue);

    internal ActorPath NextTemporaryPath() => new ChildActorPath(
        _temporaryPath, ActorNames.Generate("", Interlocked.Increment(ref _temporaryNames)), ActorPath.UndefinedUid);

    internal MessageDispatcher DispatcherOf(Props props, ActorPath path)
    {
        var name = _deployment.DispatcherOf(path) ?? props.Dispatcher;
        return name == Dispatchers.DefaultDispatcherId ? Dispatchers.DefaultGlobalDispatcher : Dispatchers.Lookup(name);
    }

    public override IActorRef ActorOf(Props props, string? name = null) => Guardians.User.Cell.ActorOf(props, name);

    public override IActorRef SystemActorOf(Props props, string? name = null) =>
        Guardians.System.Cell.ActorOf(props.NamesDispatcher ? props
            : props.WithDispatcher(Dispatchers.InternalDispatcherId), name);

    public override ActorSelection ActorSelection(ActorPath actorPath) =>
        new(actorPath.Address == RootPath.Address ? Guardians.Root : DeadLetters, actorPath.Elements);

    public override ActorSelection ActorSelection(string actorPath) => Select(actorPath, Guardians.Root);

    /// <summary>An absolute path from the root or with an address, or one relative to the anchor.</summary>
    internal ActorSelection Select(string path, IActorRef anchor)
    {
        if (string.IsNullOrEmpty(path))
        {
            return new ActorSelection(DeadLetters, "");
        }

        return path.Contains("://", StringComparison.Ordinal)
            ? ActorPath.TryParse(path, out var parsed) ? ActorSelection(parsed) : new ActorSelection(DeadLetters, "")
            : new ActorSelection(path[0] == '/' ? Guardians.Root : anchor, path);
    }

    public override void Stop(IActorRef actor) => ((IInternalActorRef)actor).Stop();

    public override Task Terminate() => Settings.CoordinatedShutdownRunByActorSystemTerminate
        ? CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance)
        : FinalTerminate();

    internal override Task FinalTerminate()
    {
        Log.Debug("System shutdown initiated");
        if (_deadLetterListener is not null && !Settings.LogDeadLettersDuringShutdown)
        {
            Stop(_deadLetterListener);
        }

        Guardians.User.Stop();
        return WhenTerminated;
    }

    public override void RegisterOnTermination(Action code)
    {
        if (Volatile.Read(ref _isTerminated))
        {
            throw new InvalidOperationException("ActorSystem already terminated.");
        }

        _onTermination.Push(code);
    }

    /// <summary>The root guardian has ended: nothing runs any more.</summary>
    internal void CompleteTermination()
    {
        Volatile.Write(ref _isTerminated, true);
        while (_onTermination.TryPop(out var code))
        {
            try
            {
                code();
            }
            catch (Exception cause)
            {
                Log.Error(cause, "Code registered on termination failed");
            }
        }

        _terminated.TrySetResult();
    }

    public override string ToString() => RootPath.Address.ToString();

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9-]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ValidName();
}
