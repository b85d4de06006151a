namespace DmIo.Devices.Files;

/// <summary>Calls in the order in which they came, linked through themselves. Not for two threads at a
/// time.</summary>
internal struct ThreadCallQueue
{
    private ThreadCall? first;
    private ThreadCall? last;

    internal readonly bool IsEmpty => first is null;

    internal void Add(ThreadCall call)
    {
        if (last is null)
        {
            first = call;
        }
        else
        {
            last.Next = call;
        }

        last = call;
    }

    internal ThreadCall? TryTake()
    {
        var call = first;
        if (call is not null)
        {
            first = call.Next;
            last = first is null ? null : last;
            call.Next = null;
        }

        return call;
    }
}
