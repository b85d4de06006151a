using DmIo.Cli.Exit;
using DmIo.Memory;
using DmIo.Native;

namespace DmIo.Cli.Streams;

/// <summary>
/// The input of a write: a file, standard input, or a pipe. Short reads are repeated until the memory is full. A file
/// is read directly into the memory. A pipe is read through a bounce buffer, so that an abandoned read does not use the
/// memory of a chunk. If the length is known, exactly that many bytes are read, even if the file grows.
/// </summary>
internal sealed class InputSource : IAsyncDisposable
{
    private const int BounceBytes = 64 << 10;

    private readonly Stream stream;
    private readonly FileStream? file;
    private readonly byte[] bounce;
    private long fileOffset;
    private long taken;

    internal InputSource(Stream stream, string name)
    {
        this.stream = stream;
        Name = name;
        file = stream is FileStream { CanSeek: true } seekable ? seekable : null;
        bounce = file is null ? new byte[BounceBytes] : [];
        if (stream.CanSeek && stream.Length > stream.Position)
        {
            // Character devices and files of /proc report length 0. They are read to their end.
            LengthBytes = stream.Length - stream.Position;
        }

        fileOffset = stream.CanSeek ? stream.Position : 0;
    }

    internal string Name { get; }

    /// <summary>The file or block device of the input; null: neither.</summary>
    internal FileIdentity? File => stream is FileStream opened ? FileIdentity.Of(opened.SafeFileHandle) : null;

    /// <summary>The number of bytes; null: unknown until the end.</summary>
    internal long? LengthBytes { get; }

    internal static async Task<InputSource> OpenAsync(string? from, IConsoleStreams streams)
    {
        if (from is null && !streams.IsInputRedirected)
        {
            throw new RefusedException(
                "standard input is a terminal: give --from FILE, or --from - to type the input.");
        }

        if (from is null or "-")
        {
            return new InputSource(streams.OpenInput(), "standard input");
        }

        try
        {
            const FileShare shared = FileShare.ReadWrite | FileShare.Delete;
            var opened = await BlockingOpen.RunAsync(
                () => new FileStream(from, FileMode.Open, FileAccess.Read, shared, bufferSize: 0),
                streams.Interrupted);
            return new InputSource(opened, $"'{from}'");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RefusedException($"cannot read --from '{from}': {FileFault.Explain(fault, from)}", fault);
        }
    }

    /// <summary>Reads <paramref name="lengthBytes"/> bytes into the start of the memory; fewer only at the end of the
    /// input.</summary>
    /// <exception cref="OperationCanceledException">The user interrupted while a pipe had no data.</exception>
    internal async ValueTask<int> FillAsync(IoMemory memory, int lengthBytes, CancellationToken interrupted)
    {
        var wanted = (int)Math.Min(lengthBytes, (LengthBytes ?? long.MaxValue) - taken);
        var filled = 0;
        try
        {
            while (filled < wanted)
            {
                var read = file is not null
                    ? await ReadFileAsync(file, memory.Segments(filled, wanted - filled))
                    : await ReadPipeAsync(memory, filled, wanted - filled, interrupted);
                if (read == 0)
                {
                    break;
                }

                filled += read;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TransferFailedException(
                $"cannot read {Name} after {taken + filled} bytes: {fault.Message}", fault);
        }

        taken += filled;
        return filled;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async ValueTask<int> ReadFileAsync(FileStream from, IReadOnlyList<Memory<byte>> segments)
    {
        var read = (int)await RandomAccess.ReadAsync(from.SafeFileHandle, segments, fileOffset, CancellationToken.None);
        fileOffset += read;
        return read;
    }

    private async ValueTask<int> ReadPipeAsync(
        IoMemory memory, int offset, int lengthBytes, CancellationToken interrupted)
    {
        var length = Math.Min(lengthBytes, bounce.Length);
        var read = await Task.Run(() => stream.Read(bounce, 0, length), CancellationToken.None).WaitAsync(interrupted);
        var rest = bounce.AsMemory(0, read);
        foreach (var segment in memory.Segments(offset, read))
        {
            rest[..segment.Length].CopyTo(segment);
            rest = rest[segment.Length..];
        }

        return read;
    }
}
