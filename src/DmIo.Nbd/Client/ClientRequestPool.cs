namespace DmIo.Nbd.Client;

/// <summary>Requests whose answer was taken, for the next calls. One takes at a time; <see cref="Return"/> comes from
/// any thread. As many as were ever under way together: bounded by who calls.</summary>
internal sealed class ClientRequestPool
{
    private ClientRequest? free;

    // A stack that others push to, and of which the owner takes all at once.
    private ClientRequest? returned;

    internal ClientRequest Take()
    {
        free ??= Interlocked.Exchange(ref returned, null) ?? new ClientRequest(this);
        var request = free;
        free = request.Next;
        request.Next = null;
        return request;
    }

    internal void Return(ClientRequest request)
    {
        ClientRequest? last;
        do
        {
            last = Volatile.Read(ref returned);
            request.Next = last;
        }
        while (Interlocked.CompareExchange(ref returned, request, last) != last);
    }
}
