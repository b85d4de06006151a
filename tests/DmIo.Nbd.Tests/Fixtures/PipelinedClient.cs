using System.Collections.Concurrent;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests;

/// <summary>
/// A client with many requests in flight and simple replies, as the Linux kernel's. It checks the stream byte by byte:
/// every header is one, belongs to a request that is not yet answered, and the data of a read follow it to the last.
/// One user sends, another receives.
/// </summary>
/// <param name="client">In the transmission phase, without structured replies.</param>
/// <param name="check">Checks an answer; the data are those of a read that went well.</param>
internal sealed class PipelinedClient(RawClient client, Action<RequestHeader, NbdError, byte[]> check) : IDisposable
{
    private readonly ConcurrentDictionary<ulong, RequestHeader> unanswered = new();
    private ulong lastCookie;

    /// <summary>On an export whose content is known: reads bring it, and every request gets the error that is due,
    /// which is its own field.</summary>
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

    /// <summary>Bytes of which no two stretches are alike, nor like a reply.</summary>
    internal static byte[] NewContent(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    internal Task SendAsync(NbdCommand command, ulong offset, uint length, byte[]? payload = null) =>
        SendAsync(new RequestHeader(command, CommandFlags.None, 0, offset, length), payload ?? []);

    /// <summary>Sends it under a cookie of its own, which is the result.</summary>
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

    /// <summary>Receives one reply, whole.</summary>
    /// <returns>The request that it answers.</returns>
    internal async Task<RequestHeader> ReceiveAsync()
    {
        var reply = await client.SimpleReplyAsync();
        Assert.True(unanswered.TryRemove(reply.Cookie, out var request), $"{reply} answers nothing.");
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

    /// <summary>Sends, and meanwhile receives that many replies. A reply that is wrong is the failure, and ends the
    /// connection.</summary>
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

    /// <summary>The server ends the connection, with or without a part of a reply before.</summary>
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
