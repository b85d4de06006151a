using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;


namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>
/// A disk behind a queue, in virtual time: some servers with one operation each, and closed-loop users that each keep
/// some I/Os in flight. Operations wait in arrival order while all servers are busy.
/// </summary>
internal sealed class SimulatedDisk(
    QueueBench bench, int servers, Func<DispatchedOperation, double> serviceMilliseconds)
{
    private readonly PriorityQueue<DispatchedOperation, double> running = new();
    private readonly Queue<DispatchedOperation> waiting = new();
    private readonly Dictionary<IQueuedIo, (User User, double Since)> users = [];

    public double Milliseconds => bench.Now.TotalMilliseconds;

    /// <summary>Runs until this time. Users submit I/Os up to their limit.</summary>
    public void RunUntil(double milliseconds, params User[] all)
    {
        foreach (var user in all)
        {
            while (user.Going < user.Most)
            {
                Begin(user);
            }
        }

        Pump();
        while (Milliseconds < milliseconds && running.TryDequeue(out var done, out var at))
        {
            bench.Pass(at - Milliseconds);
            var ios = done.Ios.ToArray();
            if (done.NeedsFlush)
            {
                bench.Written(done);
            }
            else
            {
                bench.Complete(done);
                Array.ForEach(ios, End);
            }

            Pump();
        }
    }

    private void Begin(User user)
    {
        var io = bench.Add(user.Next());
        users.Add(io, (user, Milliseconds));
        user.Going++;
    }

    private void End(IQueuedIo io)
    {
        users.Remove(io, out var begun);
        begun.User.Going--;
        begun.User.Latencies.Add(Milliseconds - begun.Since);
        begun.User.Bytes += io.Operation.Count.Bytes;
        if (begun.User.Going < begun.User.Most)
        {
            Begin(begun.User);
        }
    }

    private void Pump()
    {
        bench.TakeAll().ForEach(waiting.Enqueue);
        while (running.Count < servers && waiting.TryDequeue(out var operation))
        {
            running.Enqueue(operation, Milliseconds + serviceMilliseconds(operation));
        }
    }

    /// <summary>Keeps this number of I/Os in flight, and records their latencies.</summary>
    internal sealed class User(int most, Func<DeviceIo> next)
    {
        public int Most { get; set; } = most;

        public Func<DeviceIo> Next { get; } = next;

        public int Going { get; set; }

        public long Bytes { get; set; }

        public List<double> Latencies { get; } = [];

        public double MedianLatency => Latencies.Order().ElementAt(Latencies.Count / 2);

        public void Forget() => (Bytes, _) = (0, Latencies.RemoveAll(_ => true));
    }
}
