using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Client;

/// <summary>
/// Blocking forms of the requests of <see cref="IoClient"/>: each calls the asynchronous form and waits. They may be
/// used on any thread, including pool threads and callbacks, but not inside an actor, whose mailbox they would block.
/// </summary>
/// <remarks>The methods return the same results and throw the same exceptions as the asynchronous forms.</remarks>
public static class IoClientBlocking
{
    /// <inheritdoc cref="IoClient.RequestAsync"/>
    public static IoResult Request(
        this IoClient client,
        IoOperation operation,
        IReadOnlyList<IoRegion> regions,
        IoMemory? memory = null,
        RequestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.RequestAsync(operation, regions, memory, options).GetAwaiter().GetResult();
    }

    /// <summary>Reads a region into memory. Sectors that a failed read did not transfer are zeroed (R8).</summary>
    public static IoResult Read(
        this IoClient client, IoRegion region, IoMemory memory, RequestOptions? options = null) =>
        client.Request(IoOperation.Read, [region], memory, options);

    /// <summary>Writes the same memory to every region, each from the memory's first byte (R5).</summary>
    public static IoResult Write(
        this IoClient client, IReadOnlyList<IoRegion> regions, IoMemory memory, RequestOptions? options = null) =>
        client.Request(IoOperation.Write, regions, memory, options);

    /// <summary>Writes memory to a region.</summary>
    public static IoResult Write(
        this IoClient client, IoRegion region, IoMemory memory, RequestOptions? options = null) =>
        client.Request(IoOperation.Write, [region], memory, options);

    /// <summary>Makes all completed writes to the devices of the regions durable (R14).</summary>
    public static IoResult Flush(
        this IoClient client, IReadOnlyList<IoRegion> regions, RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, regions, null, options);

    /// <summary>Makes all completed writes to a device durable (R14).</summary>
    public static IoResult Flush(this IoClient client, string device, RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, [new IoRegion(device, 0, 0)], null, options);

    /// <summary>Discards the sectors of the regions: their content is undefined afterwards.</summary>
    public static IoResult Discard(
        this IoClient client, IReadOnlyList<IoRegion> regions, RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, regions, null, options);

    /// <summary>Discards the sectors of a region: their content is undefined afterwards.</summary>
    public static IoResult Discard(this IoClient client, IoRegion region, RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, [region], null, options);

    /// <summary>Zeroes the sectors of the regions.</summary>
    public static IoResult WriteZeroes(
        this IoClient client, IReadOnlyList<IoRegion> regions, RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, regions, null, options);

    /// <summary>Zeroes the sectors of a region.</summary>
    public static IoResult WriteZeroes(this IoClient client, IoRegion region, RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, [region], null, options);
}
