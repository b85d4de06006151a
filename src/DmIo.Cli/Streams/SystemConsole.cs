using System.Diagnostics;
using System.Runtime.InteropServices;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Cli;

/// <summary>
/// The process's own streams and signals. The first Ctrl-C or SIGTERM asks for an orderly end; a later one ends at
/// once.
/// </summary>
internal sealed class SystemConsole : IConsoleStreams, IDisposable
{
    /// <summary>Some senders signal the process and then its group: that is meant once.</summary>
    private static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource interruption = new();
    private readonly PosixSignalRegistration[] registrations;
    private long firstSignal;

    internal SystemConsole()
    {
        Output = StandardWriter.ForOutput(IsClosed(descriptor: 1) ? null : OpenOutput());
        OutputFile = FileOf(descriptor: 1);
        ErrorFile = FileOf(descriptor: 2);
        // Whatever writes to standard error, as the log does.
        Console.SetError(StandardWriter.ForError(IsClosed(descriptor: 2) ? null : Console.OpenStandardError()));
        // Standard output is for data and reports. What an actor system's own logger prints there goes elsewhere.
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

    public Stream OpenInput() => IsClosed(descriptor: 0)
        ? throw new RefusedException("standard input is closed; say --from FILE.")
        : Open(descriptor: 0, FileAccess.Read);

    /// <summary>
    /// A pipe is written through its handle, since the console's own stream keeps silent about a broken one. A
    /// regular file is written through the console's stream, which moves the offset that it shares with the commands
    /// before and after.
    /// </summary>
    public Stream OpenOutput()
    {
        if (IsClosed(descriptor: 1))
        {
            throw new RefusedException("standard output is closed; say --to FILE.");
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

    /// <summary>True: the process was started without this stream. The descriptor can be a file or a pipe of the
    /// runtime by now, and must not be read or written.</summary>
    private static bool IsClosed(int descriptor)
    {
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        return LinuxNative.IsAvailable && !LinuxNative.IsInherited(handle);
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
