using DmIo.Cli.Exit;
using DmIo.Memory;
using DmIo.Native;

namespace DmIo.Cli.Streams;

/// <summary>
/// The output of a read: a file, or standard output. A pipe is written through a bounce buffer, so that an abandoned
/// write does not use the memory of a chunk.
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

    /// <exception cref="RefusedException">The file cannot be written, or is a device of the command. The file is
    /// unchanged.</exception>
    internal static async Task<OutputTarget> OpenAsync(
        string? to, IConsoleStreams streams, Action<string, FileIdentity?> requireOther)
    {
        if (to is null or "-")
        {
            return new OutputTarget(streams.OpenOutput(), "standard output");
        }

        FileStream? opened = null;
        try
        {
            // A regular file is opened exclusively; a pipe, a terminal or /dev/null is shared.
            var isFile = !Path.Exists(to) || FileIdentity.Of(to) is { IsBlockDevice: false };
            var share = isFile ? FileShare.None : FileShare.ReadWrite;
            opened = await BlockingOpen.RunAsync(
                () => new FileStream(to, FileMode.OpenOrCreate, FileAccess.Write, share, bufferSize: 0),
                streams.Interrupted);
            requireOther($"--to '{to}'", FileIdentity.Of(opened.SafeFileHandle));
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
    /// <exception cref="OperationCanceledException">The user interrupted while a pipe was full.</exception>
    internal async ValueTask WriteAsync(IoMemory memory, int lengthBytes, CancellationToken interrupted)
    {
        try
        {
            var segments = memory.Segments(0, lengthBytes);
            await (file is not null ? WriteFileAsync(file, segments) : WritePipeAsync(segments, interrupted));
            writtenBytes += lengthBytes;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure(fault);
        }
    }

    private TransferFailedException Failure(Exception fault) =>
        new($"cannot write {Name} after {writtenBytes} bytes: {fault.Message}", fault);

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private ValueTask WriteFileAsync(FileStream to, IReadOnlyList<Memory<byte>> segments) => RandomAccess.WriteAsync(
        to.SafeFileHandle,
        [.. segments.Select(segment => (ReadOnlyMemory<byte>)segment)],
        writtenBytes,
        CancellationToken.None);

    private async ValueTask WritePipeAsync(IReadOnlyList<Memory<byte>> segments, CancellationToken interrupted)
    {
        var used = 0;
        foreach (var segment in segments)
        {
            for (var rest = segment; !rest.IsEmpty;)
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
