namespace DmIo.Simulation;

/// <summary>
/// All that is to happen in one simulated process: mailboxes that have something to do, work of the thread pool, and
/// what is due at some time. One thread, one seed: which of them goes next is drawn, so that every order of messages
/// that threads could make can come, and the same seed gives the same again. Time passes only here: a little with each
/// step, and as far as the next thing that is due where nothing else is to do, or where the dice say that the machine
/// was slow.
/// </summary>
internal sealed class Agenda
{
    private const long StepTicks = TimeSpan.TicksPerMicrosecond;

    [ThreadStatic]
    private static Agenda? t_current;

    private readonly Random random;
    private readonly double slowness;
    private readonly double laziness;
    private readonly List<Job> ready = [];
    private readonly Dictionary<IThreadPoolWorkItem, bool> lazy = new(ReferenceEqualityComparer.Instance);
    private readonly PriorityQueue<DueAction, (long, long)> due = new();
    private readonly Thread thread = Thread.CurrentThread;
    private long lastDue;

    /// <param name="random">Of this run.</param>
    internal Agenda(Random random)
    {
        this.random = random;
        slowness = random.Next(3) == 0 ? random.NextDouble() * 0.2 : 0.01;
        laziness = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.5;
        t_current = this;
    }

    /// <summary>Of the run on this thread: what is made by name, from a configuration, finds it here.</summary>
    internal static Agenda Current => t_current
        ?? throw new InvalidOperationException("No simulation runs on this thread.");

    /// <summary>Since the run began, in ticks of 100 ns.</summary>
    internal long NowTicks { get; private set; }

    internal TimeSpan Now => new(NowTicks);

    /// <summary>Steps so far.</summary>
    internal long Steps { get; private set; }

    /// <summary>Nothing can happen any more by itself.</summary>
    internal bool IsIdle => ready.Count == 0 && due.Count == 0;

    /// <summary>It goes when it is drawn. Some are drawn late again and again: threads that get no processor.</summary>
    internal void Add(IThreadPoolWorkItem work)
    {
        RequireThread();
        if (!lazy.TryGetValue(work, out var isLazy))
        {
            isLazy = random.NextDouble() < laziness;
            lazy.Add(work, isLazy);
        }

        ready.Add(new Job(work, isLazy));
    }

    /// <summary>It goes when that time has come; not at all where it was cancelled by then.</summary>
    internal DueAction After(TimeSpan delay, Action action)
    {
        RequireThread();
        var ticks = NowTicks + Math.Max(0, delay.Ticks);
        var entry = new DueAction(ticks, action);
        due.Enqueue(entry, (ticks, ++lastDue));
        return entry;
    }

    /// <summary>Something happens. False: nothing is left to.</summary>
    internal bool Step()
    {
        if (IsIdle)
        {
            return false;
        }

        Steps++;
        NowTicks += StepTicks;
        if (ready.Count == 0 || (due.Count > 0 && (IsDue() || random.NextDouble() < slowness)))
        {
            RunDue();
        }
        else
        {
            Take().Execute();
        }

        return true;
    }

    /// <summary>The process dies: nothing of it happens any more.</summary>
    internal void Crash()
    {
        ready.Clear();
        lazy.Clear();
        due.Clear();
    }

    private bool IsDue() => due.Peek().Ticks <= NowTicks;

    private void RunDue()
    {
        var next = due.Dequeue();
        if (!next.IsCancelled)
        {
            NowTicks = Math.Max(NowTicks, next.Ticks);
            next.Action();
        }
    }

    private IThreadPoolWorkItem Take()
    {
        var index = random.Next(ready.Count);
        if (ready[index].IsLazy && random.Next(8) != 0)
        {
            index = random.Next(ready.Count);
        }

        var (work, _) = ready[index];
        ready[index] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        return work;
    }

    /// <summary>Whatever comes from another thread comes at a time that no seed knows.</summary>
    private void RequireThread()
    {
        if (Thread.CurrentThread != thread)
        {
            throw new InvalidOperationException("A simulation is one thread, and this is another.");
        }
    }

    private readonly record struct Job(IThreadPoolWorkItem Work, bool IsLazy);

    /// <summary>Something that is to happen at a time.</summary>
    internal sealed class DueAction(long ticks, Action action)
    {
        internal long Ticks => ticks;

        internal Action Action => action;

        internal bool IsCancelled { get; set; }
    }
}
