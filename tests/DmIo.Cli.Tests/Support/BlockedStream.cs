namespace DmIo.Cli.Tests.Support;

/// <summary>A pipe with some bytes that then blocks until it is disposed.</summary>
internal sealed class BlockedStream(int bytes, Action onBlock) : Stream
{
    private readonly ManualResetEventSlim closed = new();
    private int rest = bytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Move(count);

    public override void Write(byte[] buffer, int offset, int count) => Move(count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        closed.Set();
        base.Dispose(disposing);
    }

    private int Move(int count)
    {
        var read = Math.Min(count, rest);
        rest -= read;
        if (read == 0)
        {
            onBlock();
            closed.Wait();
        }

        return read;
    }
}
