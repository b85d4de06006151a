using DmIo.Memory;
using DmIo.Native;

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

    /// <exception cref="RefusedException">It can't be written, or is a device of the session. It is as it was
    /// then.</exception>
    internal static async Task<OutputTarget> OpenAsync(string? to, IConsoleStreams streams, DeviceSession session)
    {
        if (to is null or "-")
        {
            return new OutputTarget(streams.OpenOutput(), "standard output");
        }

        FileStream? opened = null;
        try
        {
            // A file is this command's alone; a pipe, a terminal or /dev/null is not.
            var isFile = !Path.Exists(to) || FileIdentity.Of(to) is { IsBlockDevice: false };
            var share = isFile ? FileShare.None : FileShare.ReadWrite;
            opened = await BlockingOpen.RunAsync(
                () => new FileStream(to, FileMode.OpenOrCreate, FileAccess.Write, share, bufferSize: 0),
                streams.Interrupted);
            session.RequireOther($"--to '{to}'", FileIdentity.Of(opened.SafeFileHandle));
            if (isFile)
            {
                opened.SetLength(0);
            }

            return new OutputTarget(opened, $"'{to}'");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            opened?.Dispose();
            throw new RefusedException($"cannot write --to '{to}': {FileFault.Explain(fault, to)}", fault);
        }
        catch (RefusedException)
        {
            opened?.Dispose();
            throw;
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
