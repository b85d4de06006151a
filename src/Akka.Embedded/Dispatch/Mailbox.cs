// The queue and the flag in one: any thread posts, one thread at a time runs.
//
//   incoming == Idle       nobody runs it; whoever replaces Idle hands the mailbox to the dispatcher
//   incoming == null       somebody runs it (or will), nothing new has come
//   incoming == a letter   somebody runs it; newest letter first
//   incoming == Closed     the actor has ended; letters go to the dead letters
//
// Every letter either gets into the list before it is closed, and is buried by the closing thread, or finds it
// closed: none is lost. The runner takes all that is incoming in one exchange and turns it round; what is in
// order (first..last), the suspension count and the actor itself are touched by the runner alone. The exchanges
// are full fences: what one run wrote is seen by the next, on whichever thread.
// System messages have a list of their own and are handled before every user message, suspended or not.
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

internal sealed class Mailbox(ActorCell cell, MessageDispatcher dispatcher) : IRunnable
{
    private static readonly Letter Idle = new("idle", null);
    private static readonly Letter Closed = new("closed", null);
    private static readonly SystemMessage ClosedSystem = new Terminate();

    private Letter? _incoming;                  // Null at first: as if running, until Start hands it over.
    private SystemMessage? _incomingSystem;
    private Letter? _first;
    private Letter? _last;
    private int _suspensions;
    private volatile bool _isClosed;

    internal bool IsClosed => _isClosed;
    internal bool IsSuspended => _suspensions > 0;
    internal int Suspensions => _suspensions;
    private bool MayRun => _suspensions == 0 && !_isClosed;

    /// <summary>Lets the dispatcher run it for the first time. Once, by the creator.</summary>
    internal void Start() => dispatcher.RunMailbox(this);

    internal void Suspend() => _suspensions++;

    internal void Resume()
    {
        if (_suspensions > 0)
        {
            _suspensions--;
        }
    }

    internal void Post(object message, IActorRef? sender)
    {
        var letter = Letter.Take(message, sender);
        var seen = Volatile.Read(ref _incoming);
        while (true)
        {
            if (ReferenceEquals(seen, Closed))
            {
                Bury(letter);
                return;
            }

            letter.Next = ReferenceEquals(seen, Idle) ? null : seen;
            var found = Interlocked.CompareExchange(ref _incoming, letter, seen);
            if (ReferenceEquals(found, seen))
            {
                break;
            }

            seen = found;
        }

        if (ReferenceEquals(seen, Idle))
        {
            dispatcher.RunMailbox(this);
        }
    }

    internal void PostSystem(SystemMessage message)
    {
        var seen = Volatile.Read(ref _incomingSystem);
        while (true)
        {
            if (ReferenceEquals(seen, ClosedSystem))
            {
                EmptyLocalActorRef.BurySystem(message);
                return;
            }

            message.Next = seen;
            var found = Interlocked.CompareExchange(ref _incomingSystem, message, seen);
            if (ReferenceEquals(found, seen))
            {
                break;
            }

            seen = found;
        }

        WakeIfIdle();
    }

    /// <summary>Puts a letter in front of all others. Only the running actor may: this is how it unstashes.</summary>
    internal void PostFirst(Letter letter)
    {
        letter.Next = _first;
        _first = letter;
        _last ??= letter;
    }

    /// <summary>One turn on a dispatcher's thread: at most the dispatcher's throughput of messages.</summary>
    public void Run()
    {
        var outer = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = cell;
        try
        {
            RunSystemMessages();
            for (var left = dispatcher.Throughput; left > 0 && MayRun && TryTake(out var letter); left--)
            {
                cell.Invoke(letter);
                if (!letter.IsKept && !ReferenceEquals(cell.Letter, letter))
                {
                    Letter.Return(letter);
                }

                if (_incomingSystem is not null)
                {
                    RunSystemMessages();
                }
            }
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = outer;
        }

        if (!_isClosed && !TryBecomeIdle())
        {
            dispatcher.RunMailbox(this);
        }
    }

    public void Execute() => Run();

    /// <summary>Ends the mailbox: all that waits in it, and all that still comes, is buried.</summary>
    internal void Close()
    {
        _isClosed = true;
        TakeInOrder(Interlocked.Exchange(ref _incoming, Closed));
        BurySystem(Interlocked.Exchange(ref _incomingSystem, ClosedSystem));
        while (_first is { } letter)
        {
            _first = letter.Next;
            Bury(letter);
        }
    }

    /// <summary>False where there is more to run now, or where another wakes it in this very moment.</summary>
    private bool TryBecomeIdle()
    {
        if (_suspensions > 0)
        {
            // Letters are kept in order, so that Idle can mark the list: the next letter costs one vain run.
            TakeInOrder(Interlocked.Exchange(ref _incoming, null));
        }
        else if (_first is not null)
        {
            return false;
        }

        return Interlocked.CompareExchange(ref _incoming, Idle, null) is null
            && (Volatile.Read(ref _incomingSystem) is null
                || !ReferenceEquals(Interlocked.CompareExchange(ref _incoming, null, Idle), Idle));
    }

    private void WakeIfIdle()
    {
        if (ReferenceEquals(Volatile.Read(ref _incoming), Idle)
            && ReferenceEquals(Interlocked.CompareExchange(ref _incoming, null, Idle), Idle))
        {
            dispatcher.RunMailbox(this);
        }
    }

    private bool TryTake(out Letter letter)
    {
        if (_first is null)
        {
            if (Volatile.Read(ref _incoming) is null)
            {
                letter = null!;
                return false;
            }

            TakeInOrder(Interlocked.Exchange(ref _incoming, null));
        }

        letter = _first!;
        _first = letter.Next;
        letter.Next = null;     // An old letter must not keep younger ones alive, nor the mailbox its last message.
        if (_first is null)
        {
            _last = null;
        }

        return true;
    }

    private void TakeInOrder(Letter? newest)
    {
        if (newest is null)
        {
            return;
        }

        Letter? ordered = null;
        var oldest = newest;
        for (var letter = newest; letter is not null; letter = oldest)
        {
            oldest = letter.Next;
            letter.Next = ordered;
            ordered = letter;
        }

        if (_first is null)
        {
            _first = ordered;
        }
        else
        {
            _last!.Next = ordered;
        }

        _last = newest;
    }

    private void RunSystemMessages()
    {
        while (!_isClosed && TakeSystemInOrder() is { } message)
        {
            for (SystemMessage? next; ; message = next)
            {
                next = message.Next;
                message.Next = null;
                cell.SystemInvoke(message);
                if (next is null)
                {
                    break;
                }

                if (_isClosed)
                {
                    BurySystem(next);
                    break;
                }
            }
        }
    }

    private SystemMessage? TakeSystemInOrder()
    {
        if (_incomingSystem is null)
        {
            return null;
        }

        SystemMessage? ordered = null;
        var message = Interlocked.Exchange(ref _incomingSystem, null);
        while (message is not null)
        {
            var older = message.Next;
            message.Next = ordered;
            ordered = message;
            message = older;
        }

        return ordered;
    }

    private void Bury(Letter letter) => cell.SystemImpl.Graveyard.Bury(
        letter.Message, letter.Sender ?? cell.SystemImpl.DeadLetters, cell.Self);

    private static void BurySystem(SystemMessage? message)
    {
        for (; message is not null; message = message.Next)
        {
            EmptyLocalActorRef.BurySystem(message);
        }
    }
}
