using Akka.Actor;
using DmIo.Io;

namespace DmIo.Actors;

/// <summary>
/// The answers of one turn of a device actor: one message for each request actor, however many of its I/Os ended. An
/// I/O in here is settled, and nobody's but the request actor's once <see cref="Send"/> has told it. Single owner.
/// </summary>
internal sealed class AnswerBatch(IActorRef sender)
{
    private readonly List<Chain> chains = [];

    /// <summary>How many messages <see cref="Send"/> will tell.</summary>
    internal int Count => chains.Count;

    /// <summary>Settles it; tells it later, unless its request actor is dead.</summary>
    internal void Add(DeviceIo io, in IoStatus status)
    {
        if (!io.Settle(status))
        {
            return;
        }

        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(chains);
        for (var index = span.Length - 1; index >= 0; index--)
        {
            ref var chain = ref span[index];
            if (ReferenceEquals(chain.To, io.ReplyTo))
            {
                chain.Last.NextDone = io;
                chain.Last = io;
                return;
            }
        }

        chains.Add(new Chain { To = io.ReplyTo, First = io, Last = io });
    }

    internal void Send()
    {
        foreach (var chain in chains)
        {
            chain.To.Tell(chain.First.Done, sender);
        }

        chains.Clear();
    }

    private struct Chain
    {
        internal required IActorRef To;
        internal required DeviceIo First;
        internal required DeviceIo Last;
    }
}
