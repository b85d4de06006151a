using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Client;

/// <summary>
/// The requests of <see cref="IoClient"/> for callers that wait on their thread: asynchronous plus wait, nothing more.
/// Fit for any thread, those of the pool and callbacks included, but not for the inside of an actor, which it would
/// hold up.
/// </summary>
/// <remarks>They return and throw what the tasks' forms do.</remarks>
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

    /// <summary>Fills memory from a region. What a failed read did not deliver is zeroed (R8).</summary>
    public static IoResult Read(
        this IoClient client, IoRegion region, IoMemory memory, RequestOptions? options = null) =>
        client.Request(IoOperation.Read, [region], memory, options);

    /// <summary>Writes the same memory to every region, each from its first byte on (R5).</summary>
    public static IoResult Write(
        this IoClient client, IReadOnlyList<IoRegion> regions, IoMemory memory, RequestOptions? options = null) =>
        client.Request(IoOperation.Write, regions, memory, options);

    /// <summary>Writes memory to a region.</summary>
    public static IoResult Write(
        this IoClient client, IoRegion region, IoMemory memory, RequestOptions? options = null) =>
        client.Request(IoOperation.Write, [region], memory, options);

    /// <summary>Makes durable what was written to the devices of the regions before (R14).</summary>
    public static IoResult Flush(
        this IoClient client, IReadOnlyList<IoRegion> regions, RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, regions, null, options);

    /// <summary>Makes durable what was written to a device before (R14).</summary>
    public static IoResult Flush(this IoClient client, string device, RequestOptions? options = null) =>
        client.Request(IoOperation.Flush, [new IoRegion(device, 0, 0)], null, options);

    /// <summary>Gives up the sectors of the regions; what a later read finds there is undefined.</summary>
    public static IoResult Discard(
        this IoClient client, IReadOnlyList<IoRegion> regions, RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, regions, null, options);

    /// <summary>Gives up the sectors of a region.</summary>
    public static IoResult Discard(this IoClient client, IoRegion region, RequestOptions? options = null) =>
        client.Request(IoOperation.Discard, [region], null, options);

    /// <summary>Makes the sectors of the regions read as zero.</summary>
    public static IoResult WriteZeroes(
        this IoClient client, IReadOnlyList<IoRegion> regions, RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, regions, null, options);

    /// <summary>Makes the sectors of a region read as zero.</summary>
    public static IoResult WriteZeroes(this IoClient client, IoRegion region, RequestOptions? options = null) =>
        client.Request(IoOperation.WriteZeroes, [region], null, options);
}
