using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;

namespace DmIo.Actors;

/// <summary>
/// Tells whoever connects to the socket what the service does: for a line <c>stats</c> one line of JSON
/// (<see cref="ServiceStatistics.WriteTo"/>), for <c>watch</c> one now and one for each interval. Reads counters,
/// asks no actor.
/// </summary>
/// <remarks>
/// Bounded: so many clients, others are turned away; one line on its way to each, so a client that does not read gets
/// no more, and costs no more. Ends with <see cref="DisposeAsync"/>, and every connection with it.
/// </remarks>
internal sealed class ServiceMonitor : IAsyncDisposable
{
    internal const int MostClients = 16;

    /// <summary>What a client may say in a line.</summary>
    private const int LongestLine = 64;

    private readonly CancellationTokenSource ending = new();
    private readonly MonitorSocket socket;
    private readonly Func<ServiceStatistics> statistics;
    private readonly TimeSpan interval;
    private readonly Lock gate = new();
    private readonly HashSet<Task> clients = [];
    private readonly Task accepting;

    internal ServiceMonitor(MonitorSocket socket, Func<ServiceStatistics> statistics, TimeSpan interval)
    {
        this.socket = socket;
        this.statistics = statistics;
        this.interval = interval;
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Clients that are connected.</summary>
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

    /// <summary>May be called more than once, and at the same time; each waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        socket.Dispose();
        await accepting;
        Task[] left;
        lock (gate)
        {
            left = [.. clients];
        }

        await Task.WhenAll(left);
    }

    private async Task AcceptAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await socket.AcceptAsync(ending.Token);
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException) when (!ending.IsCancellationRequested)
            {
                // Of one connection that went before it was taken; or of want of descriptors: not to be hurried.
                await Task.WhenAny(Task.Delay(interval, ending.Token));
                continue;
            }
            catch (SocketException)
            {
                return;
            }

            Add(client);
        }
    }

    private void Add(Socket client)
    {
        lock (gate)
        {
            if (clients.Count >= MostClients)
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

    /// <summary>Until the client goes, or says what is not understood, or the service ends.</summary>
    private async Task ServeAsync(Socket client)
    {
        using var connection = client;
        var line = new byte[LongestLine];
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
            // It is gone, or the service is.
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
