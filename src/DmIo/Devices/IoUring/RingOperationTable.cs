namespace DmIo.Devices.IoUring;

/// <summary>
/// The operations of one ring: finds the operation of a completion, and keeps free operations for the next calls. One
/// owner at a time; only <see cref="Return"/> is called from any thread. Holds as many operations as were ever in
/// flight together, which the queue depth of the callers bounds.
/// </summary>
internal sealed class RingOperationTable
{
    private readonly List<RingOperation> all = [];
    private RingOperation? free;

    // A stack that others push to, and of which the owner takes all at once.
    private RingOperation? returned;

    /// <summary>Returns an operation that has begun; see <see cref="RingOperation.Begin"/>.</summary>
    internal RingOperation Begin(in DeviceOperation begun, bool isConfirmation)
    {
        free ??= Interlocked.Exchange(ref returned, null) ?? Add();
        var operation = free;
        operation.Begin(begun, isConfirmation);
        free = operation.Next;
        operation.Next = null;
        return operation;
    }

    /// <summary>Returns the operation in the kernel with this user data; null if there is none.</summary>
    internal RingOperation? Find(ulong userData)
    {
        var index = (uint)userData;
        if (index >= all.Count)
        {
            return null;
        }

        var operation = all[(int)index];
        return operation.IsInKernel && operation.UserData == userData ? operation : null;
    }

    /// <summary>Takes back an operation whose result was taken.</summary>
    internal void Return(RingOperation operation)
    {
        RingOperation? last;
        do
        {
            last = Volatile.Read(ref returned);
            operation.Next = last;
        }
        while (Interlocked.CompareExchange(ref returned, operation, last) != last);
    }

    private RingOperation Add()
    {
        var operation = new RingOperation(this, all.Count);
        all.Add(operation);
        return operation;
    }
}
