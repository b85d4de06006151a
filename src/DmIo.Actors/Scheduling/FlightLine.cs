namespace DmIo.Actors.Scheduling;

/// <summary>The operations in flight, the oldest first.</summary>
internal sealed class FlightLine
{
    internal DeviceOperation? First { get; private set; }

    internal DeviceOperation? Last { get; private set; }

    internal int Count { get; private set; }

    internal void Add(DeviceOperation operation)
    {
        operation.Previous = Last;
        if (Last is null)
        {
            First = operation;
        }
        else
        {
            Last.Next = operation;
        }

        Last = operation;
        Count++;
    }

    internal void Remove(DeviceOperation operation)
    {
        Invariant.Require(operation.IsInFlight);
        if (operation.Previous is null)
        {
            First = operation.Next;
        }
        else
        {
            operation.Previous.Next = operation.Next;
        }

        if (operation.Next is null)
        {
            Last = operation.Previous;
        }
        else
        {
            operation.Next.Previous = operation.Previous;
        }

        operation.Previous = operation.Next = null;
        Count--;
    }
}
