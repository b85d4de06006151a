using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Client;

/// <summary>
/// The requests of <see cref="IoClient"/> with a callback and a context (Linux dm-io: <c>notify.fn</c> and
/// <c>notify.context</c>). Each call that does not throw calls the callback exactly once; see <see cref="IoNotify"/>
/// for the operations that a callback may use.
/// </summary>
/// <remarks>The methods throw the same exceptions as the asynchronous forms, from the call itself; in that case the
/// callback is not called.</remarks>
public static class IoClientCallbacks
{
    /// <inheritdoc cref="IoClient.RequestAsync" path="/summary"/>
    public static void Request(
        this IoClient client,
        IoOperation operation,
        IReadOnlyList<IoRegion> regions,
        IoMemory? memory,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Send(operation, regions, memory, callback, context, options);
    }

    /// <summary>Reads a region into memory. Sectors that a failed read did not transfer are zeroed (R8).</summary>
    public static void Read(
        this IoClient client,
        IoRegion region,
        IoMemory memory,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Read, [region], memory, callback, context, options);

    /// <summary>Writes the same memory to every region, each from the memory's first byte (R5).</summary>
    public static void Write(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoMemory memory,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Write, regions, memory, callback, context, options);

    /// <summary>Writes memory to a region.</summary>
    public static void Write(
        this IoClient client,
        IoRegion region,
        IoMemory memory,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Write, [region], memory, callback, context, options);

    /// <summary>Makes all completed writes to the devices of the regions durable (R14).</summary>
    public static void Flush(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, regions, null, callback, context, options);

    /// <summary>Makes all completed writes to a device durable (R14).</summary>
    public static void Flush(
        this IoClient client,
        string device,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, [new IoRegion(device, 0, 0)], null, callback, context, options);

    /// <summary>Discards the sectors of the regions: their content is undefined afterwards.</summary>
    public static void Discard(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, regions, null, callback, context, options);

    /// <summary>Discards the sectors of a region: their content is undefined afterwards.</summary>
    public static void Discard(
        this IoClient client,
        IoRegion region,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, [region], null, callback, context, options);

    /// <summary>Zeroes the sectors of the regions.</summary>
    public static void WriteZeroes(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, regions, null, callback, context, options);

    /// <summary>Zeroes the sectors of a region.</summary>
    public static void WriteZeroes(
        this IoClient client,
        IoRegion region,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, [region], null, callback, context, options);
}

/// <summary>
/// Called once with the outcome of a request, on a pool thread (Linux dm-io: <c>io_notify_fn</c>). It may block, send
/// requests (blocking ones too), dispose of the client, detach devices, and end the actor system: the service no longer
/// uses the request. Its exceptions are logged and have no other effect.
/// </summary>
/// <param name="result">The outcome. If the request is refused after it was sent, because the service ends, all its
/// regions are Stopped, each with an <see cref="IoRefusedException"/> that names the cause
/// (<see cref="IoRefusedException.Cause"/>); no device was touched.</param>
/// <param name="context">The context given with the callback.</param>
public delegate void IoNotify(IoResult result, object? context);

/// <summary>A request whose outcome goes to a delegate. The delegate runs on a pool thread, so that it may block
/// without delaying I/O.</summary>
internal sealed class CallbackCompletion(
    OutstandingRequests outstanding,
    IoNotify callback,
    object? context,
    Action<IThreadPoolWorkItem> background,
    ILoggingAdapter log)
    : IOutstanding, IThreadPoolWorkItem
{
    private IoResult? outcome;

    public int Slot { get; set; }

    /// <summary>The number of regions, for an outcome that the client makes because the service has ended.</summary>
    internal required int RegionCount { get; init; }

    internal required object? RequestContext { get; init; }

    public void Done(IoResult result)
    {
        if (outstanding.Remove(this))
        {
            Queue(result);
        }
    }

    public void Refused(IoRefusal cause, string reason) =>
        Done(IoResults.Stopped(RegionCount, reason, RequestContext, cause));

    public void Stop(string reason) => Queue(IoResults.Stopped(RegionCount, reason, RequestContext));

    /// <summary>An exception of the delegate is logged: an unhandled exception on a pool thread ends the
    /// process.</summary>
    public void Execute()
    {
        try
        {
            callback(outcome!, context);
        }
        catch (Exception exception)
        {
            log.Error(exception, "The callback of a request threw; the outcome was {0}", outcome);
        }
    }

    private void Queue(IoResult result)
    {
        outcome = result;
        background(this);
    }
}
