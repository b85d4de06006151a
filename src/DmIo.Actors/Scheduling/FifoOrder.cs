namespace DmIo.Actors.Scheduling;

/// <summary>Policy fifo: the earliest first. One that had to wait for others has kept its place.</summary>
internal sealed class FifoOrder : ReadyOrder
{
    private readonly ArrivalLine entries = new();

    internal override QueueEntry? Next(TimeSpan now) => entries.Count == 0 ? null : entries.First;

    protected override void Enter(QueueEntry entry) => entries.Add(entry);

    protected override void Leave(QueueEntry entry, Departure departure) => entries.Remove(entry);
}
