using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// Collects device I/Os for other actors: one message for each receiver, with a chain (<see cref="DeviceIo.Next"/>) of
/// any number of I/Os. Used in both directions. Not thread-safe; after its chain is sent, the receiver owns an I/O.
/// </summary>
/// <typeparam name="TReceiver">The receiver; compared by reference.</typeparam>
internal sealed class DeviceIoBatches<TReceiver>
    where TReceiver : class
{
    private readonly List<Chain> chains = [];

    /// <summary>The number of messages to send.</summary>
    internal int Count => chains.Count;

    /// <summary>Appends an I/O to the chain of its receiver.</summary>
    internal void Add(TReceiver to, DeviceIo io)
    {
        var span = CollectionsMarshal.AsSpan(chains);
        for (var index = span.Length - 1; index >= 0; index--)
        {
            ref var chain = ref span[index];
            if (ReferenceEquals(chain.To, to))
            {
                chain.Last.Next = io;
                chain.Last = io;
                return;
            }
        }

        chains.Add(new Chain { To = to, First = io, Last = io });
    }

    /// <summary>Removes a chain to send, with its receiver.</summary>
    internal bool TryTake([MaybeNullWhen(false)] out TReceiver to, [MaybeNullWhen(false)] out DeviceIo first)
    {
        (to, first) = (null, null);
        if (chains.Count == 0)
        {
            return false;
        }

        (to, first) = (chains[^1].To, chains[^1].First);
        chains.RemoveAt(chains.Count - 1);
        return true;
    }

    private struct Chain
    {
        internal required TReceiver To;
        internal required DeviceIo First;
        internal required DeviceIo Last;
    }
}
