using System.Collections.Concurrent;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests;

/// <summary>A client with many requests in flight and simple replies, like that of the Linux kernel. It checks the
/// stream byte by byte: every header is valid and belongs to an unanswered request, and the data of a read follows it
/// completely. One caller sends, another receives.</summary>
/// <param name="client">In the transmission phase, without structured replies.</param>
/// <param name="check">Checks a reply; the data is that of a successful read.</param>
internal sealed class PipelinedClient(RawClient client, Action<RequestHeader, NbdError, byte[]> check) : IDisposable
{
    private readonly ConcurrentDictionary<ulong, RequestHeader> unanswered = new();
    private ulong lastCookie;

    /// <summary>Uses an export of known content: reads must return it, and each request must get the error in its own
    /// record.</summary>
    internal static async Task<PipelinedClient> UseAsync(string path, string export, byte[] content) =>
        new(await RawClient.UseAsync(path, export), (request, error, data) =>
        {
            Assert.Equal(DueOf(request, content.Length), error);
            var held = error == NbdError.None && request.Command == NbdCommand.Read
                ? content.AsSpan((int)request.Offset, (int)request.LengthBytes)
                : default;
            var same = held.CommonPrefixLength(data);
            Assert.True(same == held.Length, $"{request}: byte {same} is wrong.");
        });

    /// <summary>Random bytes, so that no two ranges are equal, or look like a reply.</summary>
    internal static byte[] NewContent(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    internal Task SendAsync(NbdCommand command, ulong offset, uint length, byte[]? payload = null) =>
        SendAsync(new RequestHeader(command, CommandFlags.None, 0, offset, length), payload ?? []);

    /// <summary>Sends a request with a new cookie, and returns the cookie.</summary>
    internal async Task<ulong> SendAsync(RequestHeader request, byte[] payload)
    {
        var cookie = ++lastCookie;
        request = request with { Cookie = cookie };
        unanswered[cookie] = request;
        var bytes = new byte[RequestHeader.SizeBytes + payload.Length];
        request.Write(bytes);
        payload.CopyTo(bytes, RequestHeader.SizeBytes);
        await client.SendAsync(bytes);
        return cookie;
    }

    internal Task ReadAsync(long offset, long length) => SendAsync(NbdCommand.Read, (ulong)offset, (uint)length);

    /// <summary>Receives one complete reply.</summary>
    /// <returns>The request that it answers.</returns>
    internal async Task<RequestHeader> ReceiveAsync()
    {
        var reply = await client.SimpleReplyAsync();
        Assert.True(unanswered.TryRemove(reply.Cookie, out var request), $"{reply} does not belong to a request.");
        var hasData = reply.Error == NbdError.None && request.Command == NbdCommand.Read;
        check(request, reply.Error, hasData ? await client.ReceiveAsync((int)request.LengthBytes) : []);
        return request;
    }

    internal async Task ReceiveAsync(int count)
    {
        for (; count > 0; count--)
        {
            await ReceiveAsync();
        }
    }

    /// <summary>Sends, and receives <paramref name="count"/> replies concurrently. An invalid reply fails the test, and
    /// ends the connection.</summary>
    internal async Task ExchangeAsync(Func<Task> send, int count)
    {
        var sent = Task.Run(send);
        try
        {
            await ReceiveAsync(count);
        }
        catch (Exception fault)
        {
            client.Dispose();
            throw new InvalidDataException(
                $"{fault.Message} Unanswered: {string.Join(", ", unanswered.Values)}; sent: {sent.Status}", fault);
        }

        await sent;
    }

    /// <summary>The server closes the connection, possibly after a part of a reply.</summary>
    internal Task ExpectEndAsync() => client.ReceiveToEndAsync();

    public void Dispose() => client.Dispose();

    private static NbdError DueOf(RequestHeader request, int size)
    {
        var isPastTheEnd = request.LengthBytes > size || request.Offset > (ulong)size - request.LengthBytes;
        return !isPastTheEnd || request.Command == NbdCommand.Flush ? NbdError.None
            : request.Command == NbdCommand.Write ? NbdError.NoSpace
            : NbdError.Invalid;
    }
}
