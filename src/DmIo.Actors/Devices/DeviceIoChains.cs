using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Devices;

/// <summary>
/// Device I/Os on their way to other actors: one message for each of these, however many I/Os it gets, hung one on the
/// other (<see cref="DeviceIo.Next"/>). For both directions. Single owner; an I/O is the receiver's once its chain was
/// told.
/// </summary>
/// <typeparam name="TReceiver">Of whom there is one object each.</typeparam>
internal sealed class DeviceIoChains<TReceiver>
    where TReceiver : class
{
    private readonly List<Chain> chains = [];

    /// <summary>How many messages there are to tell.</summary>
    internal int Count => chains.Count;

    /// <summary>Behind those that go there already.</summary>
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

    /// <summary>A chain to be told, and whom.</summary>
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
