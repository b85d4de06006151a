using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>
/// Where read bytes go: a file that is made new, or standard output. A pipe is written through a small buffer, so that
/// a write that is abandoned there holds no memory of a chunk.
/// </summary>
internal sealed class OutputTarget : IAsyncDisposable
{
    private const int BounceBytes = 64 << 10;

    private readonly Stream stream;
    private readonly FileStream? file;
    private readonly byte[] bounce;
    private long writtenBytes;

    internal OutputTarget(Stream stream, string name)
    {
        this.stream = stream;
        Name = name;
        file = stream is FileStream { CanSeek: true } seekable ? seekable : null;
        bounce = file is null ? new byte[BounceBytes] : [];
    }

    internal string Name { get; }

    internal static OutputTarget Open(string? to, IConsoleStreams streams)
    {
        if (to is null or "-")
        {
            return new OutputTarget(streams.OpenOutput(), "standard output");
        }

        try
        {
            return new OutputTarget(
                new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), $"'{to}'");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RefusedException($"cannot write --to '{to}': {fault.Message}", fault);
        }
    }

    /// <summary>Writes the first <paramref name="lengthBytes"/> of the memory.</summary>
    /// <exception cref="OperationCanceledException">A pipe takes nothing, and the user wants to end.</exception>
    internal async ValueTask WriteAsync(IoMemory memory, int lengthBytes, CancellationToken interrupted)
    {
        try
        {
            var pieces = memory.Pieces(0, lengthBytes);
            await (file is not null ? WriteInPlaceAsync(file, pieces) : WriteThroughAsync(pieces, interrupted));
            writtenBytes += lengthBytes;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Broken(fault);
        }
    }

    private TransferBrokenException Broken(Exception fault) =>
        new($"cannot write {Name} after {writtenBytes} bytes: {fault.Message}", fault);

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private ValueTask WriteInPlaceAsync(FileStream to, IReadOnlyList<Memory<byte>> pieces) => RandomAccess.WriteAsync(
        to.SafeFileHandle,
        [.. pieces.Select(piece => (ReadOnlyMemory<byte>)piece)],
        writtenBytes,
        CancellationToken.None);

    private async ValueTask WriteThroughAsync(IReadOnlyList<Memory<byte>> pieces, CancellationToken interrupted)
    {
        var used = 0;
        foreach (var piece in pieces)
        {
            for (var rest = piece; !rest.IsEmpty;)
            {
                var length = Math.Min(rest.Length, bounce.Length - used);
                rest[..length].CopyTo(bounce.AsMemory(used));
                rest = rest[length..];
                used += length;
                used = used == bounce.Length ? await WriteBounceAsync(used, interrupted) : used;
            }
        }

        await WriteBounceAsync(used, interrupted);
    }

    private async ValueTask<int> WriteBounceAsync(int lengthBytes, CancellationToken interrupted)
    {
        await Task.Run(() => stream.Write(bounce, 0, lengthBytes), CancellationToken.None).WaitAsync(interrupted);
        return 0;
    }
}
