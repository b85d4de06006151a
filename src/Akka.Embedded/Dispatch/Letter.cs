// One user message in a mailbox: the queue's own node. Used again by the thread that handled it, so that a Tell
// allocates nothing where threads send about as much as they handle.
using Akka.Actor;

namespace Akka.Dispatch;

internal sealed class Letter
{
    private const int MaxSpare = 256;

    [ThreadStatic]
    private static Letter? t_spare;

    private int _spareBehind;

    internal Letter(object message, IActorRef? sender)
    {
        Message = message;
        Sender = sender;
    }

    internal object Message { get; private set; }

    internal IActorRef? Sender { get; private set; }

    /// <summary>Somebody keeps it beyond its handling: it is never used again.</summary>
    internal bool IsKept { get; set; }

    /// <summary>Towards older letters while incoming, towards newer ones once in order.</summary>
    internal Letter? Next { get; set; }

    internal static Letter Take(object message, IActorRef? sender)
    {
        if (t_spare is not { } letter)
        {
            return new Letter(message, sender);
        }

        t_spare = letter.Next;
        letter.Message = message;
        letter.Sender = sender;
        return letter;
    }

    /// <summary>It is handled, and nobody has it.</summary>
    internal static void Return(Letter letter)
    {
        var spare = t_spare;
        letter._spareBehind = spare is null ? 0 : spare._spareBehind + 1;
        if (letter._spareBehind < MaxSpare)
        {
            letter.Message = null!;     // Until it is taken again; it must not keep the message alive.
            letter.Sender = null;
            letter.Next = spare;
            t_spare = letter;
        }
    }
}
