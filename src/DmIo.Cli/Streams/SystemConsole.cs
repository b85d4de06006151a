using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using DmIo.Cli.Exit;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Cli.Streams;

/// <summary>
/// The standard streams and signals of the process. The first Ctrl-C or SIGTERM cancels <see cref="Interrupted"/>; a
/// later one ends the process.
/// </summary>
internal sealed class SystemConsole : IConsoleStreams, IDisposable
{
    /// <summary>Signals within this time count as one: some senders signal the process and then its group.</summary>
    private static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource interruption = new();
    private readonly PosixSignalRegistration[] registrations;
    private long firstSignal;

    internal SystemConsole()
    {
        Output = StandardWriter.ForOutput(IsClosed(descriptor: 1) ? null : OpenOutput());
        OutputFile = FileOf(descriptor: 1);
        ErrorFile = FileOf(descriptor: 2);
        // For all writers to standard error, such as the log.
        Console.SetError(StandardWriter.ForError(IsClosed(descriptor: 2) ? null : Console.OpenStandardError()));
        // Standard output is for data and reports, but the standard logger of Akka.NET writes to Console.Out.
        Console.SetOut(Console.Error);
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public TextWriter Output { get; }

    public TextWriter Error => Console.Error;

    public FileIdentity? OutputFile { get; }

    public FileIdentity? ErrorFile { get; }

    public bool IsInputRedirected => Console.IsInputRedirected;

    public bool IsOutputRedirected => Console.IsOutputRedirected;

    public bool IsErrorTerminal =>
        !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    public CancellationToken Interrupted => interruption.Token;

    public TimeProvider Clock => TimeProvider.System;

    public char? ReadKey() =>
        !Console.IsInputRedirected && Console.KeyAvailable ? Console.ReadKey(intercept: true).KeyChar : null;

    public Stream OpenInput()
    {
        if (IsClosed(descriptor: 0))
        {
            throw new RefusedException("standard input is closed; give --from FILE.");
        }

        return IsDirectory(descriptor: 0)
            ? throw new RefusedException("standard input is a directory; give --from FILE.")
            : Open(descriptor: 0, FileAccess.Read);
    }

    /// <summary>
    /// A pipe is written through its handle, since the stream of Console ignores a broken pipe. A regular file is
    /// written through the stream of Console, which advances the file offset that other processes of the shell
    /// share.
    /// </summary>
    public Stream OpenOutput()
    {
        if (IsClosed(descriptor: 1))
        {
            throw new RefusedException("standard output is closed; give --to FILE.");
        }

        var stream = Open(descriptor: 1, FileAccess.Write);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        interruption.Dispose();
    }

    private static FileStream Open(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);

    /// <summary>True: the process was started without this stream. The runtime may have opened a file or a pipe
    /// with this descriptor, which must not be read or written.</summary>
    private static bool IsClosed(int descriptor)
    {
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        return LinuxNative.IsAvailable && !LinuxNative.IsInherited(handle);
    }

    private static bool IsDirectory(int descriptor)
    {
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        return LinuxNative.IsAvailable && LinuxNative.Describe(handle, out var status) == 0 && status.Kind.IsDirectory;
    }

    private static FileIdentity? FileOf(int descriptor)
    {
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        return FileIdentity.Of(handle);
    }

    private void OnSignal(PosixSignalContext signal)
    {
        var first = Interlocked.CompareExchange(ref firstSignal, Stopwatch.GetTimestamp(), 0);
        signal.Cancel = first == 0 || Stopwatch.GetElapsedTime(first) < SameSignal;
        if (first == 0)
        {
            interruption.Cancel();
        }
    }
}

/// <summary>
/// Text on standard streams that can fail, by a full disk or a closed pipe. Errors of standard error are ignored, since
/// they cannot be reported. Each failed write to standard output throws.
/// </summary>
internal static class StandardWriter
{
    /// <summary>For standard error: never throws.</summary>
    /// <param name="stream">Null: standard error is closed.</param>
    internal static TextWriter ForError(Stream? stream) => Over(stream, static _ => { });

    /// <summary>For standard output: throws a <see cref="TransferFailedException"/>.</summary>
    /// <param name="stream">Null: standard output is closed.</param>
    internal static TextWriter ForOutput(Stream? stream) => Over(stream, static fault =>
        throw new TransferFailedException($"cannot write to standard output: {fault.Message}", fault));

    private static TextWriter Over(Stream? stream, Action<Exception> failed) => TextWriter.Synchronized(
        new StreamWriter(new Guarded(stream, failed), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
        {
            AutoFlush = true,
        });

    /// <summary>A stream that passes its errors to a callback.</summary>
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
                failed(new IOException("it is closed"));
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
            // The streams of Console are not buffered.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
