using System.Diagnostics.CodeAnalysis;

namespace DmIo.Nbd.Client;

/// <summary>The unanswered requests of one connection. Each has a unique cookie: the connection's generation, a
/// counter, and the slot. So late, duplicate and invalid replies are detected.</summary>
internal sealed class RequestSlots
{
    /// <summary>The maximum per connection: four times the usual queue depth of a device.</summary>
    internal const int Capacity = 128;

    private const int SlotBits = 8;
    private const int GenerationShift = 48;

    private readonly ClientRequest?[] requests = new ClientRequest?[Capacity];
    private readonly Stack<int> free = new(Enumerable.Range(0, Capacity).Reverse());
    private ulong last;

    /// <param name="generation">The number of the connection among those of its device.</param>
    internal RequestSlots(ushort generation) => last = (ulong)generation << GenerationShift;

    internal int Count => Capacity - free.Count;

    internal bool HasRoom => free.Count > 0;

    /// <summary>Returns the cookie of the request.</summary>
    internal ulong Add(ClientRequest request)
    {
        var slot = free.Pop();
        requests[slot] = request;
        last += 1 << SlotBits;
        return last | (uint)slot;
    }

    internal bool TryFind(ulong cookie, [NotNullWhen(true)] out ClientRequest? request)
    {
        var slot = cookie & ((1 << SlotBits) - 1);
        request = slot < Capacity ? requests[slot] : null;
        request = request?.Cookie == cookie ? request : null;
        return request is not null;
    }

    internal void Remove(ClientRequest request)
    {
        var slot = (int)(request.Cookie & ((1 << SlotBits) - 1));
        Invariant.Require(ReferenceEquals(requests[slot], request));
        requests[slot] = null;
        free.Push(slot);
    }

    /// <summary>In no particular order.</summary>
    internal IEnumerable<ClientRequest> All => requests.Where(request => request is not null)!;
}
