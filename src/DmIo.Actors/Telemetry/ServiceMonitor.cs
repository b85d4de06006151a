using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using Akka.Configuration;
using Akka.Event;
using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// Reports the service's statistics to clients of a socket: the line <c>stats</c> gets one line of JSON
/// (<see cref="ServiceStatistics.WriteTo"/>), <c>watch</c> gets a line now and one for each interval. Reads counters,
/// and sends no message to any actor.
/// </summary>
/// <remarks>
/// Bounded: the number of clients is limited, others are rejected; each client has one line in progress, so a client
/// that does not read gets no more lines and uses no more memory. <see cref="DisposeAsync"/> ends the monitor and every
/// connection.
/// </remarks>
internal sealed class ServiceMonitor : IAsyncDisposable
{
    internal const int MaxClients = 16;

    /// <summary>The setting, for error messages.</summary>
    private const string Setting = "dmio.monitor.socket";

    private const int Backlog = 16;

    /// <summary>The longest line of a client.</summary>
    private const int MaxLineBytes = 64;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource ending = new();
    private readonly UnixListener listener;
    private readonly Func<ServiceStatistics> statistics;
    private readonly TimeSpan interval;
    private readonly ILoggingAdapter log;

    // Armed from the start: the first timer of a process starts a thread, which takes a descriptor.
    private readonly PeriodicTimer pauses = new(Pause);
    private readonly Lock gate = new();
    private readonly HashSet<Task> clients = [];
    private readonly Task accepting;

    /// <param name="listener">Disposed of with the monitor.</param>
    /// <param name="statistics">Called on any thread, concurrently for several clients.</param>
    /// <param name="interval">The time between two lines of <c>watch</c>.</param>
    /// <param name="log">Receives accept and send errors.</param>
    internal ServiceMonitor(
        UnixListener listener, Func<ServiceStatistics> statistics, TimeSpan interval, ILoggingAdapter log)
    {
        this.listener = listener;
        this.statistics = statistics;
        this.interval = interval;
        this.log = log;
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The number of connected clients.</summary>
    internal int ClientCount
    {
        get
        {
            lock (gate)
            {
                return clients.Count;
            }
        }
    }

    /// <exception cref="ConfigurationException">The monitor cannot listen on the path; the message names the setting,
    /// the path and the reason.</exception>
    internal static UnixListener Listen(string path)
    {
        try
        {
            return new UnixListener(new UnixDomainSocketEndPoint(Path.GetFullPath(path)), Backlog);
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or PlatformNotSupportedException)
        {
            throw new ConfigurationException(
                $"{Setting} is '{path}', on which the monitor cannot listen: {fault.Message}", fault);
        }
    }

    /// <summary>May be called more than once, and concurrently; each call waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        await accepting;
        Task[] left;
        lock (gate)
        {
            left = [.. clients];
        }

        await Task.WhenAll(left);
        pauses.Dispose();
    }

    /// <summary>Accepts clients until the monitor ends. An accept error, such as too many open files, is temporary: the
    /// next attempt, or a later one, succeeds.</summary>
    private async Task AcceptAsync()
    {
        var isFailing = false;
        while (!ending.IsCancellationRequested)
        {
            try
            {
                Add(await listener.Socket.AcceptAsync(ending.Token));
                isFailing = false;
            }
            catch (Exception fault) when (!ending.IsCancellationRequested)
            {
                if (!isFailing)
                {
                    log.Warning(
                        "{0} cannot accept a client, and retries each second: {1}",
                        Setting,
                        Errno.Explain(fault));
                }

                isFailing = true;
                await PauseAsync();
            }
            catch (Exception)
            {
                // The monitor ends.
                return;
            }
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await pauses.WaitForNextTickAsync(ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The monitor ends.
        }
    }

    private void Add(Socket client)
    {
        lock (gate)
        {
            if (clients.Count >= MaxClients)
            {
                client.Dispose();
                return;
            }

            var serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            clients.Add(serving.Task);
            _ = Task.Run(async () =>
            {
                try
                {
                    await ServeAsync(client);
                }
                catch (Exception fault)
                {
                    log.Error(fault, "A client of {0} could not be answered", Setting);
                }
                finally
                {
                    lock (gate)
                    {
                        clients.Remove(serving.Task);
                    }

                    serving.SetResult();
                }
            });
        }
    }

    /// <summary>Serves a client until it disconnects, sends an unknown command, or the monitor ends.</summary>
    private async Task ServeAsync(Socket client)
    {
        using var connection = client;
        var line = new byte[MaxLineBytes];
        var output = new ArrayBufferWriter<byte>();
        try
        {
            for (var length = 0; ;)
            {
                var end = line.AsSpan(0, length).IndexOf((byte)'\n');
                if (end >= 0)
                {
                    if (!await AnswerAsync(connection, line.AsMemory(0, end), output))
                    {
                        return;
                    }

                    line.AsSpan(end + 1, length - end - 1).CopyTo(line);
                    length -= end + 1;
                    continue;
                }

                var count = await connection.ReceiveAsync(line.AsMemory(length), ending.Token);
                if (count == 0)
                {
                    return;
                }

                length += count;
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
            // The client has disconnected, or the monitor ends.
        }
    }

    private async Task<bool> AnswerAsync(Socket client, ReadOnlyMemory<byte> line, ArrayBufferWriter<byte> output)
    {
        if (line.Span.SequenceEqual("stats"u8))
        {
            await SendAsync(client, output);
            return true;
        }

        if (line.Span.SequenceEqual("watch"u8))
        {
            while (true)
            {
                await SendAsync(client, output);
                await Task.Delay(interval, ending.Token);
            }
        }

        await client.SendAsync("{\"error\":\"say stats or watch\"}\n"u8.ToArray(), ending.Token);
        return false;
    }

    private async Task SendAsync(Socket client, ArrayBufferWriter<byte> output)
    {
        output.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(output))
        {
            statistics().WriteTo(writer);
        }

        output.Write("\n"u8);
        for (var rest = output.WrittenMemory; rest.Length > 0;)
        {
            rest = rest[await client.SendAsync(rest, ending.Token)..];
        }
    }
}
