using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Configuration;

namespace DmIo.TestKit.Simulation;

/// <summary>
/// Runs actor systems on one thread, in an order and at times that are drawn from a seed. Each mailbox that has
/// messages, each continuation and each timer is an entry of one list; <see cref="Step"/> draws the entry that runs
/// next. Therefore every order of messages that threads can produce can occur, and the same seed reproduces the same
/// run. Time is simulated: it advances by 1 us with each step, and to the next timer when nothing else can run, or when
/// the seed decides that the machine is slow.
/// </summary>
/// <remarks>
/// <para>The actor systems are those of the packages: <see cref="CreateSystem"/> only replaces the executor of their
/// dispatchers and their scheduler. A <c>DmIoService</c> in such a system is simulated with everything in it; give its
/// devices this runtime's <see cref="Time"/> (<see cref="SimulatedDevice"/>).</para>
/// <para>A run is a function of its seed as long as all of its code runs in the runtime. Work that another thread adds
/// is an error: the next <see cref="Step"/> throws. Code of the test that awaits belongs in
/// <see cref="RunAsync(Func{Task})"/>; there, <c>ConfigureAwait(false)</c>, <c>Task.Run</c>, and <c>Task.WhenAny</c> of
/// tasks whose continuations run asynchronously (such as those of <c>Ask</c>) leave the simulated thread. Never block
/// on a task. Clocks other than <see cref="Time"/> and the system's scheduler, random numbers other than
/// <see cref="Random"/>, and the order of hashed collections of strings are not simulated.</para>
/// <para>Not thread-safe: one thread creates it and runs it.</para>
/// </remarks>
public sealed class SimulatedRuntime
{
    private const long StepTicks = TimeSpan.TicksPerMicrosecond;

    private static readonly Comparer<Entry> ByNumber =
        Comparer<Entry>.Create((one, other) => one.Number.CompareTo(other.Number));

    [ThreadStatic]
    private static SimulatedRuntime? t_starting;

    private readonly double earlyTimerProbability;
    private readonly double slowThreadProbability;
    private readonly List<Entry> ready = [];
    private readonly ConditionalWeakTable<IThreadPoolWorkItem, Entry> seen = [];
    private readonly PriorityQueue<Timer, (long Ticks, long Number)> timers = new();
    private readonly Thread thread = Thread.CurrentThread;
    private readonly SimulatedTaskScheduler tasks;
    private long lastEntry;
    private long lastTimer;
    private volatile string? threadFault;

    /// <param name="seed">Determines the run, including its characteristics: some seeds have slow threads, which often
    /// run late, or a slow machine, on which timers fire before messages are handled.</param>
    public SimulatedRuntime(int seed)
    {
        Random = new Random(seed);
        earlyTimerProbability = Random.Next(3) == 0 ? Random.NextDouble() * 0.2 : 0.01;
        slowThreadProbability = Random.Next(2) == 0 ? 0 : Random.NextDouble() * 0.5;
        tasks = new SimulatedTaskScheduler(this);
        Time = new SimulatedTime(this);
    }

    /// <summary>The random numbers of the run. A test may use them too.</summary>
    public Random Random { get; }

    /// <summary>The simulated time, for devices and for code of the test. It begins at 1970-01-01, 00:00 UTC.</summary>
    public TimeProvider Time { get; }

    /// <summary>The simulated time since the runtime was created.</summary>
    public TimeSpan Now => new(NowTicks);

    /// <summary>The number of steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Nothing can run: no mailbox has a message, no continuation is ready and no timer is set.</summary>
    public bool IsIdle => ready.Count == 0 && timers.Count == 0;

    /// <summary>In ticks of 100 ns.</summary>
    internal long NowTicks { get; private set; }

    /// <summary>The runtime of the actor system that is being created on this thread.</summary>
    internal static SimulatedRuntime Starting => t_starting ?? throw new InvalidOperationException(
        $"A {nameof(SimulatedScheduler)} is created by {nameof(SimulatedRuntime)}.{nameof(CreateSystem)} only.");

    /// <summary>
    /// Creates an actor system that runs in this runtime. The system has no loggers unless <paramref name="config"/>
    /// names them: to see log messages, subscribe to its event stream.
    /// </summary>
    /// <param name="name">The name of the system.</param>
    /// <param name="config">Its configuration; null: Akka.NET's defaults.</param>
    /// <param name="dispatchers">The paths of dispatchers in the configuration that the actors use, in addition to
    /// Akka.NET's default and internal dispatchers and the dispatcher that <c>dmio.dispatcher</c> names.</param>
    /// <exception cref="ConfigurationException">See <see cref="ActorSystem.Create(string, Config)"/>.</exception>
    public ActorSystem CreateSystem(string name, Config? config = null, params IReadOnlyCollection<string> dispatchers)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(dispatchers);
        RequireThread();
        var outer = t_starting;
        t_starting = this;
        try
        {
            var setup = BootstrapSetup.Create()
                .WithConfig(SimulatedConfig.Create(config ?? Config.Empty, dispatchers))
                .And(new BackgroundSetup(Queue));
            return tasks.RunNow(() => ActorSystem.Create(name, setup));
        }
        finally
        {
            t_starting = outer;
        }
    }

    /// <summary>Starts an asynchronous method whose continuations run in this runtime, each as a step. The method
    /// itself begins in a later step.</summary>
    /// <param name="method">The method, for example one that makes calls of a client.</param>
    /// <returns>The method's task. Check it between steps; do not block on it.</returns>
    public Task RunAsync(Func<Task> method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Task.Factory.StartNew(method, CancellationToken.None, TaskCreationOptions.None, tasks).Unwrap();
    }

    /// <inheritdoc cref="RunAsync(Func{Task})"/>
    public Task<T> RunAsync<T>(Func<Task<T>> method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Task.Factory.StartNew(method, CancellationToken.None, TaskCreationOptions.None, tasks).Unwrap();
    }

    /// <summary>Adds work that runs when it is drawn, as the thread pool would run it.</summary>
    /// <param name="work">The work. The same object may be queued again after it has run.</param>
    public void Queue(IThreadPoolWorkItem work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Thread.CurrentThread != thread)
        {
            threadFault ??= $"Another thread added {work}: the run is not a function of its seed.";
            return;
        }

        if (!seen.TryGetValue(work, out var entry))
        {
            entry = new Entry(work, ++lastEntry, Random.NextDouble() < slowThreadProbability);
            seen.Add(work, entry);
        }

        // By the number, not in arrival order: a parent stops its children in the order of a hash that differs from
        // process to process.
        var index = ready.BinarySearch(entry, ByNumber);
        ready.Insert(index < 0 ? ~index : index, entry);
    }

    /// <summary>Runs one entry: a mailbox, a continuation, other work, or a timer.</summary>
    /// <returns>False: nothing is left to run.</returns>
    /// <exception cref="InvalidOperationException">Another thread added work, or the caller is not the thread that
    /// created the runtime.</exception>
    public bool Step()
    {
        RequireThread();
        if (IsIdle)
        {
            return false;
        }

        Steps++;
        NowTicks += StepTicks;

        // The synchronization context of a test framework would move continuations to other threads.
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            RunNext();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }

        return true;
    }

    private void RunNext()
    {
        if (ready.Count == 0 || (timers.Count > 0 && (IsTimerDue() || Random.NextDouble() < earlyTimerProbability)))
        {
            RunTimer();
        }
        else
        {
            TakeRandom().Execute();
        }
    }

    /// <summary>Runs steps until nothing is left to run.</summary>
    /// <param name="maxSteps">The limit of steps: with actors that send messages to each other forever, or with
    /// periodic timers, the runtime never becomes idle.</param>
    /// <returns>False: there is still work to run.</returns>
    /// <exception cref="InvalidOperationException">See <see cref="Step"/>.</exception>
    public bool RunUntilIdle(long maxSteps = 1_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxSteps);
        for (var step = 0L; step < maxSteps && Step(); step++)
        {
        }

        RequireThread();
        return IsIdle;
    }

    /// <summary>Simulates the end of the process: pending messages, continuations and timers never run, and neither do
    /// existing actor systems. The next system starts with the contents of the disks at the crash
    /// (<see cref="SimulatedDisk.Crash"/>).</summary>
    public void Crash()
    {
        RequireThread();
        ready.Clear();
        timers.Clear();
    }

    /// <summary>Runs an action immediately; continuations that it adds to tasks run as steps.</summary>
    internal void RunNow(Action action) => tasks.RunNow(() =>
    {
        action();
        return true;
    });

    /// <summary>Runs an action at the time, unless the timer is canceled before.</summary>
    internal Timer After(TimeSpan delay, Action action)
    {
        var timer = new Timer(action, NowTicks + Math.Max(0, delay.Ticks));
        if (Thread.CurrentThread != thread)
        {
            threadFault ??= "Another thread set a timer: the run is not a function of its seed.";
            return timer;
        }

        timers.Enqueue(timer, (timer.Ticks, ++lastTimer));
        return timer;
    }

    private bool IsTimerDue() => timers.Peek().Ticks <= NowTicks;

    private void RunTimer()
    {
        var next = timers.Dequeue();
        if (!next.IsCanceled)
        {
            NowTicks = Math.Max(NowTicks, next.Ticks);
            next.Action();
        }
    }

    private IThreadPoolWorkItem TakeRandom()
    {
        const int slowOdds = 8;
        var index = Random.Next(ready.Count);
        if (ready[index].IsSlow && Random.Next(slowOdds) != 0)
        {
            index = Random.Next(ready.Count);
        }

        var work = ready[index].Work;
        ready.RemoveAt(index);
        return work;
    }

    private void RequireThread()
    {
        if (Thread.CurrentThread != thread)
        {
            throw new InvalidOperationException("A simulated runtime belongs to the thread that created it.");
        }

        if (threadFault is { } message)
        {
            throw new InvalidOperationException(message);
        }
    }

    /// <summary>An action that is due at a time.</summary>
    internal sealed class Timer(Action action, long ticks)
    {
        internal Action Action => action;

        internal long Ticks => ticks;

        internal bool IsCanceled { get; set; }
    }

    private sealed class Entry(IThreadPoolWorkItem work, long number, bool isSlow)
    {
        internal IThreadPoolWorkItem Work => work;

        internal bool IsSlow => isSlow;

        internal long Number => number;
    }
}
