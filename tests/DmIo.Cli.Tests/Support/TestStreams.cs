using DmIo.Cli.Streams;
using DmIo.Native;

namespace DmIo.Cli.Tests.Support;

/// <summary>The streams of a command in the process of the test. They are pipes, unless a test sets them to be
/// terminals.</summary>
internal sealed class TestStreams : IConsoleStreams, IDisposable
{
    private readonly CancellationTokenSource interruption = new();

    public StringWriter OutputText { get; } = new();

    public StringWriter ErrorText { get; } = new();

    public Stream Input { get; init; } = Stream.Null;

    public Stream OutputData { get; init; } = new MemoryStream();

    public FileIdentity? OutputFile { get; init; }

    public FileIdentity? ErrorFile { get; init; }

    public bool IsInputRedirected { get; init; } = true;

    public bool IsOutputRedirected { get; init; } = true;

    public bool IsErrorTerminal { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public TextWriter Output => OutputText;

    public TextWriter Error => ErrorText;

    public CancellationToken Interrupted => interruption.Token;

    /// <summary>The keys that are pressed, in this order.</summary>
    public Queue<char> Keys { get; } = new();

    public char? ReadKey() => Keys.TryDequeue(out var key) ? key : null;

    public Stream OpenInput() => Input;

    public Stream OpenOutput() => OutputData;

    public void Interrupt() => interruption.Cancel();

    public void Dispose() => interruption.Dispose();
}
