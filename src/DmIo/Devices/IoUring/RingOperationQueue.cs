namespace DmIo.Devices.IoUring;

/// <summary>Operations in order of arrival, linked through themselves: an operation is in one queue at a time. One
/// owner.</summary>
internal sealed class RingOperationQueue
{
    private RingOperation? first;
    private RingOperation? last;

    internal bool IsEmpty => first is null;

    /// <summary>To the end.</summary>
    internal void Add(RingOperation operation)
    {
        Invariant.Require(operation.Next is null && !ReferenceEquals(operation, last));
        if (last is null)
        {
            first = operation;
        }
        else
        {
            last.Next = operation;
        }

        last = operation;
    }

    /// <summary>The first; null where there is none.</summary>
    internal RingOperation? TryTake()
    {
        var operation = first;
        if (operation is not null)
        {
            first = operation.Next;
            last = first is null ? null : last;
            operation.Next = null;
        }

        return operation;
    }
}
