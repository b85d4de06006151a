// The stash: messages put aside, to come back in front of the mailbox in the order in which they were stashed.
// Given to the instance after its constructor; emptied into the mailbox before a restart and at the end.
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Puts the message in hand aside, and brings what was put aside back.</summary>
public interface IStash
{
    int Count { get; }
    bool IsEmpty { get; }
    bool NonEmpty { get; }

    /// <exception cref="IllegalActorStateException">The message in hand is stashed already.</exception>
    void Stash();

    /// <summary>Brings the oldest message back.</summary>
    void Unstash();

    void UnstashAll();
}

/// <summary>Has a stash.</summary>
public interface IActorStash
{
    IStash Stash { get; set; }
}

/// <summary>Wants a stash of unlimited size.</summary>
public interface IWithUnboundedStash : IActorStash;

internal sealed class ActorStash(ActorCell cell) : IStash
{
    private readonly LinkedList<Letter> _stashed = [];
    private Letter? _lastStashed;

    public int Count => _stashed.Count;
    public bool IsEmpty => Count == 0;
    public bool NonEmpty => Count > 0;

    public void Stash()
    {
        var letter = cell.Letter
            ?? throw new IllegalActorStateException("There is no message in hand that could be stashed");
        if (ReferenceEquals(letter, _lastStashed))
        {
            throw new IllegalActorStateException($"Can't stash the same message {letter.Message} more than once");
        }

        letter.IsKept = true;
        _lastStashed = letter;
        _stashed.AddLast(letter);
    }

    public void Unstash()
    {
        if (_stashed.First is { } oldest)
        {
            _stashed.RemoveFirst();
            BringBack(oldest.Value);
        }
    }

    public void UnstashAll()
    {
        for (var youngest = _stashed.Last; youngest is not null; youngest = youngest.Previous)
        {
            BringBack(youngest.Value);
        }

        _stashed.Clear();
    }

    private void BringBack(Letter letter)
    {
        cell.Mailbox.PostFirst(new Letter(letter.Message, letter.Sender));
        if (letter.Message is Terminated terminated)
        {
            cell.ExpectTerminated(terminated.ActorRef);
        }
    }
}
