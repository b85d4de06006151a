using DmIo.Memory;
using DmIo.Native;

namespace DmIo.Cli;

/// <summary>
/// The bytes to write: a file, standard input, or a pipe. Fills memory to the brim however short the reads are: in
/// place from a file, through a small buffer from a pipe, so that a read that is abandoned there holds no memory of a
/// chunk. Where the length is known, exactly that many bytes are taken: a file that grows meanwhile does not move the
/// goal.
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
            // Devices and files of /proc say that they have no length: they are read to their end.
            LengthBytes = stream.Length - stream.Position;
        }

        fileOffset = stream.CanSeek ? stream.Position : 0;
    }

    internal string Name { get; }

    /// <summary>The file or block device that it is; null: it is neither.</summary>
    internal FileIdentity? File => stream is FileStream opened ? FileIdentity.Of(opened.SafeFileHandle) : null;

    /// <summary>How many bytes there are; null where only the end will tell.</summary>
    internal long? LengthBytes { get; }

    internal static async Task<InputSource> OpenAsync(string? from, IConsoleStreams streams)
    {
        if (from is null && !streams.IsInputRedirected)
        {
            throw new RefusedException("nothing to write: say --from FILE, or --from - to type it.");
        }

        if (from is null or "-")
        {
            return new InputSource(streams.OpenInput(), "standard input");
        }

        try
        {
            const FileShare anybody = FileShare.ReadWrite | FileShare.Delete;
            var opened = await BlockingOpen.RunAsync(
                () => new FileStream(from, FileMode.Open, FileAccess.Read, anybody, bufferSize: 0),
                streams.Interrupted);
            return new InputSource(opened, $"'{from}'");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RefusedException($"cannot read --from '{from}': {FileFault.Explain(fault, from)}", fault);
        }
    }

    /// <summary>Fills the first <paramref name="lengthBytes"/> of the memory; fewer only at the end of the
    /// input.</summary>
    /// <exception cref="OperationCanceledException">A pipe brings nothing, and the user wants to end.</exception>
    internal async ValueTask<int> FillAsync(IoMemory memory, int lengthBytes, CancellationToken interrupted)
    {
        var wanted = (int)Math.Min(lengthBytes, (LengthBytes ?? long.MaxValue) - taken);
        var filled = 0;
        try
        {
            while (filled < wanted)
            {
                var read = file is not null
                    ? await ReadInPlaceAsync(file, memory.Pieces(filled, wanted - filled))
                    : await ReadThroughAsync(memory, filled, wanted - filled, interrupted);
                if (read == 0)
                {
                    break;
                }

                filled += read;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TransferBrokenException(
                $"cannot read {Name} after {taken + filled} bytes: {fault.Message}", fault);
        }

        taken += filled;
        return filled;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async ValueTask<int> ReadInPlaceAsync(FileStream from, IReadOnlyList<Memory<byte>> pieces)
    {
        var read = (int)await RandomAccess.ReadAsync(from.SafeFileHandle, pieces, fileOffset, CancellationToken.None);
        fileOffset += read;
        return read;
    }

    private async ValueTask<int> ReadThroughAsync(
        IoMemory memory, int offset, int lengthBytes, CancellationToken interrupted)
    {
        var length = Math.Min(lengthBytes, bounce.Length);
        var read = await Task.Run(() => stream.Read(bounce, 0, length), CancellationToken.None).WaitAsync(interrupted);
        var rest = bounce.AsMemory(0, read);
        foreach (var piece in memory.Pieces(offset, read))
        {
            rest[..piece.Length].CopyTo(piece);
            rest = rest[piece.Length..];
        }

        return read;
    }
}
