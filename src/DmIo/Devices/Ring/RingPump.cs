namespace DmIo.Devices;

/// <summary>
/// Moves operations through the ring: <see cref="Pump"/> gives the kernel all that wait in one call, and takes all
/// that is done, until nothing more happens. What the kernel has no room or memory for is kept and tried again. One
/// owner at a time; never waits, never spins.
/// <code>
///   Add --> waiting --submit--> in the kernel --reap--> ended(operation, result)
///              ^                     |
///              +------ paused &lt;------+  EAGAIN, ENOMEM: back-pressure, not a dead device
/// </code>
/// Invariants: no more in the kernel than its completion queue has room for, so it does not overflow. After a Pump
/// that left something in the kernel, the next completion signals the ring's event; after one that left something
/// that the kernel refused, the timer does the same. So nothing is forgotten.
/// </summary>
internal sealed class RingPump
{
    /// <summary>How often an operation is tried before its errno is its answer: 6 seconds, with the pauses.</summary>
    internal const int MaxTries = 100;

    /// <summary>Rounds of one Pump, before it asks for another one: its caller has other things to do.</summary>
    private const int MaxRounds = 16;

    private const int RefusedPauseShift = 3;
    private const int LongestPauseShift = 6;

    private readonly MappedRing ring;
    private readonly RingRegistrations registrations;
    private readonly RingOperationTable table;
    private readonly Action<RingOperation, int> ended;
    private readonly RingPause pause;
    private readonly RingOperationQueue waiting = new();
    private readonly RingOperationQueue paused = new();
    private int inKernel;
    private bool isRefused;

    /// <param name="ring">The ring.</param>
    /// <param name="registrations">What the kernel knows beforehand.</param>
    /// <param name="table">Where its operations are.</param>
    /// <param name="pause">Calls for a Pump when a pause is over.</param>
    /// <param name="ended">Called within Pump, with what the kernel answered. May add operations.</param>
    internal RingPump(
        MappedRing ring,
        RingRegistrations registrations,
        RingOperationTable table,
        RingPause pause,
        Action<RingOperation, int> ended)
    {
        this.ring = ring;
        this.registrations = registrations;
        this.table = table;
        this.ended = ended;
        this.pause = pause;
        ring.SignalsEvent = false;
    }

    internal RingCounters Counters { get; } = new();

    private bool CanWrite => !waiting.IsEmpty && ring.HasRoom && inKernel < ring.CompletionEntries;

    /// <summary>It goes down with the next <see cref="Pump"/>.</summary>
    internal void Add(RingOperation operation) => waiting.Add(operation);

    /// <summary>True: call it again soon, there is more to do.</summary>
    internal bool Pump()
    {
        ring.SignalsEvent = false;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (pause.IsOver())
            {
                waiting.AddAll(paused);
            }

            Submit();
            var hasReaped = Reap();
            var canSubmit = (hasReaped || !isRefused) && (CanWrite || ring.Unsubmitted > 0);
            if (ring.HasCompletion || ring.HasOverflow || canSubmit)
            {
                continue;
            }

            if (inKernel == 0)
            {
                return false;
            }

            ring.SignalsEvent = true;
            if (!ring.HasCompletion)
            {
                return false;
            }

            ring.SignalsEvent = false;
        }

        return true;
    }

    /// <summary>Waits a moment. True: there is a completion, and nobody is told of it but the caller.</summary>
    internal bool Linger(RingWait wait)
    {
        if (inKernel == 0 || ring.Unsubmitted > 0)
        {
            return false;
        }

        ring.SignalsEvent = false;
        if (wait.WaitOnce())
        {
            return true;
        }

        ring.SignalsEvent = true;
        if (!ring.HasCompletion)
        {
            return false;
        }

        ring.SignalsEvent = false;
        return true;
    }

    private void Submit()
    {
        while (CanWrite)
        {
            var operation = waiting.TryTake()!;
            ref var entry = ref ring.NextEntry();
            registrations.Fill(ref entry, operation);
            Counters.Count(entry.Opcode);
            inKernel++;
        }

        isRefused = false;
        var hasOverflow = ring.HasOverflow;
        if (ring.Unsubmitted == 0 && !hasOverflow)
        {
            return;
        }

        Counters.Enters++;
        var taken = ring.Enter(hasOverflow ? RingNative.GetEvents : 0);
        switch (-taken)
        {
            case < 0 or Errno.Interrupted:
                break;
            case 0:
                isRefused = ring.Unsubmitted > 0;
                break;
            case Errno.TryAgain or Errno.Busy or Errno.NoMemory:
                isRefused = true;
                break;
            default:
                FailUnsubmitted(taken);
                break;
        }

        if (isRefused)
        {
            pause.Begin(RefusedPauseShift);
        }
    }

    private bool Reap()
    {
        var hasReaped = false;
        while (ring.TryTake(out var completion))
        {
            hasReaped = true;
            var operation = table.Find(completion.UserData);
            if (operation is null)
            {
                Counters.Strays++;
            }
            else
            {
                End(operation, completion.Result);
            }
        }

        return hasReaped;
    }

    private void End(RingOperation operation, int result)
    {
        operation.IsInKernel = false;
        inKernel--;
        var errno = result < 0 ? -result : 0;

        // ECANCELED: the thread that submitted it ended, as those of a pool do, before the kernel had begun.
        var isAgain = errno is Errno.Interrupted or Errno.Canceled;
        var isPressure = errno is Errno.TryAgain or Errno.NoMemory;
        if ((!isAgain && !isPressure) || operation.Tries >= MaxTries)
        {
            ended(operation, result);
            return;
        }

        operation.Tries++;
        Counters.Retries++;
        if (isAgain)
        {
            waiting.Add(operation);
        }
        else
        {
            paused.Add(operation);
            pause.Begin(Math.Min(operation.Tries - 1, LongestPauseShift));
        }
    }

    /// <summary>Only a defect, or a kernel that lost the ring, leads here: the operations are answered with
    /// it.</summary>
    private void FailUnsubmitted(int result)
    {
        while (ring.TryTakeBack(out var userData))
        {
            var operation = table.Find(userData);
            Invariant.Require(operation is not null);
            operation.IsInKernel = false;
            inKernel--;
            ended(operation, result);
        }
    }
}
