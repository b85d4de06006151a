using System.Text;
using DmIo.Devices;

namespace DmIo.TestKit.Crashes;

/// <summary>
/// What devices were asked to write, when each operation was issued and when it ended, and what the application marked
/// in between: one order for all devices that share the log, as one power failure takes them all. The kernel's
/// dm-log-writes target, in memory. A <see cref="WriteLogReplayer"/> builds from it what a crash may leave.
/// </summary>
/// <remarks>
/// It keeps a copy of all data that was written: for tests, not for long runs. Any thread may use it.
/// </remarks>
/// <example><code>
///   var log = new WriteLog();
///   await service.AttachAsync("disk", log.Record("disk", new MemoryDevice(ByteSize.FromKiB(32))));
///   ... write and flush; log.Mark("committed 1"); ...
///   var report = await new WriteLogReplayer(log).CheckAsync(crash => ... open crash.Open("disk"), and look ...);
/// </code></example>
public sealed class WriteLog
{
    private readonly Lock gate = new();
    private readonly List<LogEvent> events = [];
    private readonly List<WriteLogDevice> devices = [];
    private int operations;

    /// <summary>How many things have happened: operations issued, operations ended, marks. A crash at point p comes
    /// after the first p of them.</summary>
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

    /// <summary>Puts a recorder in front of a device, which becomes the recorder's own.</summary>
    /// <param name="name">What reports and <see cref="Crash.Open(string)"/> call it; new in this log.</param>
    /// <param name="device">Either it reads as zeroes, or it comes from <see cref="Crash.Open(string)"/>; not written
    /// to yet.</param>
    /// <exception cref="ArgumentException">The name is empty or known already.</exception>
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
    /// Says what the application has promised by now, as in "committed 7". A crash after it is checked with it
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

    /// <summary>All that happened, a line for each.</summary>
    public override string ToString()
    {
        var lines = new StringBuilder();
        foreach (var (index, happened) in Events.Index())
        {
            lines.AppendLine($"{index,5}  {happened}");
        }

        return lines.ToString();
    }

    /// <summary>Before the inner device is called. What is made gets its number and position here.</summary>
    internal LoggedOperation Issue(Func<int, int, LoggedOperation> make)
    {
        lock (gate)
        {
            var operation = make(++operations, events.Count);
            events.Add(new LogEvent(LogEventKind.Issued, operation, null));
            return operation;
        }
    }

    /// <summary>Before the caller hears of it.</summary>
    internal void End(LoggedOperation operation, bool isOk, long bytes)
    {
        lock (gate)
        {
            operation.End(events.Count, isOk, bytes);
            events.Add(new LogEvent(LogEventKind.Ended, operation, null));
        }
    }
}
