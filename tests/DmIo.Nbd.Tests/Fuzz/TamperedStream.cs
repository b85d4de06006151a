namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>The stream below TLS, which mutates some of the written data: changes, loses or repeats it, prepends
/// garbage, or truncates it and closes the connection. Reads are not changed.</summary>
internal sealed class TamperedStream(Stream wire, Random random, int oneIn) : Stream
{
    private readonly Lock gate = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        wire.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var (bytes, isLast) = Tampered(buffer.ToArray());
        await wire.WriteAsync(bytes, cancellationToken);
        if (isLast)
        {
            await wire.DisposeAsync();
            throw new IOException("The connection is closed within a record.");
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Nothing is buffered.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        wire.Dispose();
        base.Dispose(disposing);
    }

    private (byte[] Bytes, bool IsLast) Tampered(byte[] record)
    {
        lock (gate)
        {
            return (record.Length == 0 || random.Next(oneIn) > 0 ? -1 : random.Next(6)) switch
            {
                0 => ([], false),
                1 => ([.. record, .. record], false),
                2 => ([.. Mutation.Garbage(random), .. record], false),
                3 => (record[..random.Next(record.Length)], true),
                >= 4 => (Mutation.MutateFields(record, random), false),
                _ => (record, false),
            };
        }
    }
}
