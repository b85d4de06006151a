using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Client;

/// <summary>
/// The requests of <see cref="IoClient"/> with a callback and a context, as Linux dm-io's <c>notify.fn</c> and
/// <c>notify.context</c>. The callback is called exactly once for each call that does not throw; see
/// <see cref="IoNotify"/> for what it may do.
/// </summary>
/// <remarks>They throw what the tasks' forms throw from the call itself; then the callback is never called.</remarks>
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

    /// <summary>Fills memory from a region. What a failed read did not deliver is zeroed (R8).</summary>
    public static void Read(
        this IoClient client,
        IoRegion region,
        IoMemory memory,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Read, [region], memory, callback, context, options);

    /// <summary>Writes the same memory to every region, each from its first byte on (R5).</summary>
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

    /// <summary>Makes durable what was written to the devices of the regions before (R14).</summary>
    public static void Flush(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, regions, null, callback, context, options);

    /// <summary>Makes durable what was written to a device before (R14).</summary>
    public static void Flush(
        this IoClient client,
        string device,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, [new IoRegion(device, 0, 0)], null, callback, context, options);

    /// <summary>Gives up the sectors of the regions; what a later read finds there is undefined.</summary>
    public static void Discard(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, regions, null, callback, context, options);

    /// <summary>Gives up the sectors of a region.</summary>
    public static void Discard(
        this IoClient client,
        IoRegion region,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, [region], null, callback, context, options);

    /// <summary>Makes the sectors of the regions read as zero.</summary>
    public static void WriteZeroes(
        this IoClient client,
        IReadOnlyList<IoRegion> regions,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, regions, null, callback, context, options);

    /// <summary>Makes the sectors of a region read as zero.</summary>
    public static void WriteZeroes(
        this IoClient client,
        IoRegion region,
        IoNotify callback,
        object? context = null,
        RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, [region], null, callback, context, options);
}

/// <summary>
/// Called once with a request's outcome, on a thread of the pool: Linux dm-io's <c>io_notify_fn</c>. It may block,
/// start requests (blocking ones too), dispose of the client, detach devices, and end the actor system: the service
/// holds nothing of the request any more. What it throws is logged and harms nobody.
/// </summary>
/// <param name="result">The outcome. A request that was refused after it had been sent, since the service ends, has all
/// its regions Stopped, each with an <see cref="IoRefusedException"/> that says why
/// (<see cref="IoRefusedException.Cause"/>); no device was touched.</param>
/// <param name="context">What was given along with the callback.</param>
public delegate void IoNotify(IoResult result, object? context);
