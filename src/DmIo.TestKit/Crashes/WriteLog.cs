using System.Text;
using DmIo.Devices;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// Records the writes to devices: their data, when each operation was issued and when it ended, and the marks of the
/// application. All devices that share the log have one order of events, since a power failure affects all of them at
/// once. An in-memory equivalent of the kernel's dm-log-writes target. A <see cref="WriteLogReplayer"/> computes the
/// possible crashes from it.
/// </summary>
/// <remarks>
/// The log keeps a copy of all written data, so it is suited to tests, not to long runs. Thread-safe.
/// </remarks>
/// <example><code>
///   var log = new WriteLog();
///   await service.AttachAsync("disk", log.Record("disk", new MemoryDevice(ByteSize.FromKiB(32))));
///   ... write and flush; log.Mark("committed 1"); ...
///   var report = await new WriteLogReplayer(log).CheckAsync(crash => ... open crash.Open("disk"), and check ...);
/// </code></example>
public sealed class WriteLog
{
    private readonly Lock gate = new();
    private readonly List<LogEvent> events = [];
    private readonly List<WriteLogDevice> devices = [];
    private int operations;

    /// <summary>The number of events: operations issued, operations ended, marks. A crash at point p happens after the
    /// first p of them.</summary>
    public int Length
    {
        get
        {
            lock (gate)
            {
                return events.Count;
            }
        }
    }

    internal IReadOnlyList<LogEvent> Events
    {
        get
        {
            lock (gate)
            {
                return [.. events];
            }
        }
    }

    internal IReadOnlyList<WriteLogDevice> Devices
    {
        get
        {
            lock (gate)
            {
                return [.. devices];
            }
        }
    }

    /// <summary>Wraps a device with a recorder, which owns the device.</summary>
    /// <param name="name">The name in reports and in <see cref="Crash.Open(string)"/>; unique in this log.</param>
    /// <param name="device">A device that reads as zeroes, or that <see cref="Crash.Open(string)"/> returned and that
    /// has not been written to since.</param>
    /// <exception cref="ArgumentException">The name is empty or in use.</exception>
    public WriteLogDevice Record(string name, IBlockDevice device)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(device);
        var recorder = new WriteLogDevice(this, name, device);
        lock (gate)
        {
            if (devices.Exists(known => known.Name == name))
            {
                throw new ArgumentException($"The log has a device '{name}' already.", nameof(name));
            }

            devices.Add(recorder);
        }

        return recorder;
    }

    /// <summary>
    /// Records a promise of the application, such as "committed 7". The invariant checks later crashes against it
    /// (<see cref="Crash.Marks"/>).
    /// </summary>
    public void Mark(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        lock (gate)
        {
            events.Add(new LogEvent(LogEventKind.Marked, null, text));
        }
    }

    /// <summary>All events, one per line.</summary>
    public override string ToString()
    {
        var lines = new StringBuilder();
        foreach (var (index, logged) in Events.Index())
        {
            lines.AppendLine($"{index,5}  {logged}");
        }

        return lines.ToString();
    }

    /// <summary>Called before the inner device. Assigns the operation's number and position.</summary>
    internal LoggedOperation Issue(Func<int, int, LoggedOperation> make)
    {
        lock (gate)
        {
            var operation = make(++operations, events.Count);
            events.Add(new LogEvent(LogEventKind.Issued, operation, null));
            return operation;
        }
    }

    /// <summary>Called before the caller gets the outcome.</summary>
    internal void End(LoggedOperation operation, bool isOk, long bytes)
    {
        lock (gate)
        {
            operation.End(events.Count, isOk, bytes);
            events.Add(new LogEvent(LogEventKind.Ended, operation, null));
        }
    }
}
