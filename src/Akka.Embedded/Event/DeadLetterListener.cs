// Logs dead letters at the level Info, as 'akka.log-dead-letters' says: all of them (on), none (then it is not
// started), or so many in a row, after which it is silent for 'akka.log-dead-letters-suspend-duration', or for ever.
//
//   logging --count reached--> silent --first letter after the duration--> logging     (infinite: --> stopped)
//
// With 'akka.actor.debug.unhandled', the forwarder logs every unhandled message too, at the level Debug.

using System.Diagnostics;
using Akka.Actor;

namespace Akka.Event;

public class DeadLetterListener : ActorBase
{
    private readonly int _maxCount = Context.System.Settings.LogDeadLetters;
    private readonly TimeSpan _suspendDuration = Context.System.Settings.LogDeadLettersSuspendDuration;

    // The count of letters goes on over a restart of no consequence; silence is told by its beginning.
    private int _count;
    private long? _silentSince;

    protected override void PreStart()
    {
        foreach (var channel in (Type[])[typeof(DeadLetter), typeof(Dropped), typeof(UnhandledMessage)])
        {
            Context.System.EventStream.Subscribe(Self, channel);
        }
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override bool Receive(object message)
    {
        if (message is not AllDeadLetters letter)
        {
            return false;
        }

        if (letter.Message is not IDeadLetterSuppression)
        {
            Count(letter);
        }

        return true;
    }

    private void Count(AllDeadLetters letter)
    {
        _count = _count == int.MaxValue ? 1 : _count + 1;
        if (_silentSince is { } start)
        {
            if (Stopwatch.GetElapsedTime(start) >= _suspendDuration)
            {
                Log(letter, $", of which {_count - _maxCount - 1} were not logged. The counter will be reset now");
                _count = 0;
                _silentSince = null;
            }
        }
        else if (_maxCount == int.MaxValue || _count < _maxCount)
        {
            Log(letter, "");
        }
        else if (_suspendDuration == Timeout.InfiniteTimeSpan)
        {
            Log(letter, ", no more dead letters will be logged");
            Context.Stop(Self);
        }
        else
        {
            Log(letter, $", no more dead letters will be logged in next [{_suspendDuration}]");
            _silentSince = Stopwatch.GetTimestamp();
        }
    }

    private void Log(AllDeadLetters letter, string done)
    {
        var message = letter.Message;
        while (message is IWrappedMessage wrapping)
        {
            message = wrapping.Message;
        }

        var name = message.GetType().Name;
        var wrapped = letter.Message is IWrappedMessage ? $" wrapped in [{letter.Message.GetType().Name}]" : "";
        var origin = letter.Sender.IsNobody() ? "" : $" from {letter.Sender}";
        var fate = letter switch
        {
            Dropped dropped => $"was dropped. {dropped.Reason}",
            UnhandledMessage => "was unhandled",
            _ => "was not delivered",
        };
        var hint = letter is DeadLetter
            ? $" If this is not an expected behavior then {letter.Recipient} may have terminated unexpectedly."
            : "";
        var content = message.ToString();
        var text = $"Message [{name}]{wrapped}{origin} to {letter.Recipient} {fate}. "
            + $"[{_count}] dead letters encountered{done}.{hint} "
            + "This logging can be turned off or adjusted with configuration settings 'akka.log-dead-letters' "
            + "and 'akka.log-dead-letters-during-shutdown'."
            + (content == name ? "" : $" Message content: {content}");
        Context.System.EventStream.Publish(
            new Info(null, letter.Recipient.Path.ToString(), letter.Recipient.GetType(), text));
    }
}

internal sealed class UnhandledMessageForwarder : ActorBase
{
    protected override bool Receive(object message)
    {
        if (message is not UnhandledMessage unhandled)
        {
            return false;
        }

        var sender = unhandled.Sender?.Path.ToString() ?? "NoSender";
        Context.System.EventStream.Publish(new Debug(
            unhandled.Recipient.Path.ToString(),
            unhandled.Recipient.GetType(),
            $"Unhandled message from {sender} : {unhandled.Message}"));
        return true;
    }
}
