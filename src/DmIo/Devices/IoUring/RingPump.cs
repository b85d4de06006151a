using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Devices.IoUring;

/// <summary>
/// Moves operations through the ring: <see cref="Pump"/> submits all waiting operations in one call, and takes all
/// completions, until there is nothing more to do. An operation for which the kernel lacks a thread, memory or a
/// descriptor becomes a blocking call of the store after a pause, which needs less: a shortage of resources is not a
/// failure of the device. So does an operation that the kernel gave up because the thread that submitted it ended. One
/// owner at a time; never waits, never spins.
/// <code>
///   Add --> waiting --submit--> in the kernel --reap--> ended(operation, result)
///              ^                     |
///              +----- EINTR ---------+--> paused --> store(operation)     ECANCELED, EFAULT, EAGAIN, ENOMEM, EMFILE
/// </code>
/// Invariants: the kernel never has more operations than its completion queue has entries, so the queue does not
/// overflow. After a Pump that left operations in the kernel, the next completion signals the event of the ring; after
/// a Pump that left refused operations, the timer does. Therefore no operation is lost. A sync that the kernel began is
/// not repeated (<see cref="RingOperation.MayRepeat"/>).
/// </summary>
internal sealed class RingPump
{
    /// <summary>How often an operation is repeated before its errno is its result: 6 seconds with the pauses.</summary>
    internal const int MaxTries = 100;

    /// <summary>The rounds of one Pump before it requests another one: its caller has other work.</summary>
    private const int MaxRounds = 16;

    private const int RefusedPauseShift = 3;
    private const int MaxPauseShift = 6;

    private readonly MappedRing ring;
    private readonly RingRegistrations registrations;
    private readonly RingOperationTable table;
    private readonly Action<RingOperation, int> ended;
    private readonly Action<RingOperation> store;
    private readonly RingPause pause;
    private IntrusiveQueue<RingOperation> waiting;
    private IntrusiveQueue<RingOperation> paused;
    private int inKernel;
    private bool isRefused;
    private bool hasPaused;

    /// <param name="ring">The ring.</param>
    /// <param name="registrations">The registered file and memory.</param>
    /// <param name="table">The operations of the ring.</param>
    /// <param name="pause">Requests a Pump at the end of a pause.</param>
    /// <param name="ended">Called within Pump, with the result from the kernel. May add operations.</param>
    /// <param name="store">Called within Pump: the operation must become a blocking call of the store.</param>
    internal RingPump(
        MappedRing ring,
        RingRegistrations registrations,
        RingOperationTable table,
        RingPause pause,
        Action<RingOperation, int> ended,
        Action<RingOperation> store)
    {
        this.ring = ring;
        this.registrations = registrations;
        this.table = table;
        this.ended = ended;
        this.store = store;
        this.pause = pause;
        ring.SignalsEvent = false;
    }

    internal RingCounters Counters { get; } = new();

    private bool CanWrite => !waiting.IsEmpty && ring.HasRoom && inKernel < ring.CompletionEntries;

    /// <summary>Queues an operation for the next <see cref="Pump"/>.</summary>
    internal void Add(RingOperation operation) => waiting.Add(operation);

    /// <summary>Gives an operation to the store after a pause, because the system lacked a thread, memory or a
    /// descriptor.</summary>
    internal void Pause(RingOperation operation)
    {
        operation.Tries++;
        Counters.Retries++;
        paused.Add(operation);
        pause.Begin(Math.Min(operation.Tries - 1, MaxPauseShift));
    }

    /// <summary>True: there is more to do, call Pump again soon.</summary>
    internal bool Pump()
    {
        ring.SignalsEvent = false;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (pause.IsOver())
            {
                CallStore();
            }

            Submit();
            var hasReaped = Reap();
            var canSubmit = (hasReaped || !isRefused) && (CanWrite || ring.Unsubmitted > 0);
            var isPauseOver = (isRefused || !paused.IsEmpty) && !pause.IsOn;
            if (ring.HasCompletion || ring.HasOverflow || canSubmit || isPauseOver)
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
            case Errno.Busy:
            case var errno when Errno.IsShortage(errno):
                isRefused = true;
                break;
            default:
                FailUnsubmitted(taken);
                break;
        }

        if (!isRefused)
        {
            hasPaused = false;
        }
        else if (!pause.IsOn)
        {
            PauseRefused();
        }
    }

    /// <summary>The kernel refused the submissions: a pause, and after a second refusal the store.</summary>
    private void PauseRefused()
    {
        if (hasPaused)
        {
            TakeBack(store);
            (isRefused, hasPaused) = (false, false);
        }
        else
        {
            hasPaused = true;
            pause.Begin(RefusedPauseShift);
        }
    }

    private void CallStore()
    {
        while (paused.TryTake() is { } operation)
        {
            store(operation);
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
        if (result >= 0 || !operation.MayRepeat(-result, wasQueued: true) || operation.Tries >= MaxTries)
        {
            ended(operation, result);
        }
        else if (result == -Errno.Interrupted)
        {
            operation.Tries++;
            Counters.Retries++;
            waiting.Add(operation);
        }
        else
        {
            Pause(operation);
        }
    }

    /// <summary>Fails the operations that were not submitted: the result of a defect, or of a kernel that lost the
    /// ring.</summary>
    private void FailUnsubmitted(int result) => TakeBack(operation => ended(operation, result));

    /// <summary>Takes back the entries that were written and not submitted.</summary>
    private void TakeBack(Action<RingOperation> taken)
    {
        while (ring.TryTakeBack(out var userData))
        {
            var operation = table.Find(userData);
            Invariant.Require(operation is not null);
            operation.IsInKernel = false;
            inKernel--;
            taken(operation);
        }
    }
}

/// <summary>Counters of a ring. Written by its owner; other threads read approximate values.</summary>
internal sealed class RingCounters
{
    private readonly long[] submitted = new long[256];

    /// <summary>System calls (<c>io_uring_enter</c>) that submitted operations.</summary>
    internal long Enters { get; set; }

    /// <summary>Operations that were repeated.</summary>
    internal long Retries { get; set; }

    /// <summary>Completions without an operation in the kernel; any number other than 0 is a defect.</summary>
    internal long Strays { get; set; }

    /// <summary>The number of submitted operations of this kind.</summary>
    internal long Submitted(RingOpcode opcode) => submitted[(int)opcode];

    internal void Count(RingOpcode opcode) => submitted[(int)opcode]++;
}
