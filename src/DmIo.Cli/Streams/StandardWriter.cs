using System.Text;

namespace DmIo.Cli;

/// <summary>
/// Text on a standard stream that may take nothing: a full disk, a closed pipe. What standard error does not take is
/// lost, since there is no place to say so; standard output throws, once for each write.
/// </summary>
internal static class StandardWriter
{
    /// <summary>On standard error: never throws.</summary>
    /// <param name="stream">Null: standard error is closed.</param>
    internal static TextWriter ForError(Stream? stream) => Over(stream, static _ => { });

    /// <summary>On standard output: throws a <see cref="TransferBrokenException"/>.</summary>
    /// <param name="stream">Null: standard output is closed.</param>
    internal static TextWriter ForOutput(Stream? stream) => Over(stream, static fault =>
        throw new TransferBrokenException($"cannot write to standard output: {fault.Message}", fault));

    private static TextWriter Over(Stream? stream, Action<Exception> failed) => TextWriter.Synchronized(
        new StreamWriter(new Guarded(stream, failed), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
        {
            AutoFlush = true,
        });

    /// <summary>A stream whose failures go another way.</summary>
    private sealed class Guarded(Stream? stream, Action<Exception> failed) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (stream is null)
            {
                failed(new IOException("it is closed."));
                return;
            }

            try
            {
                stream.Write(buffer);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                failed(fault);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // The console's streams keep nothing back.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
