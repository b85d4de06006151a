using System.Threading.Channels;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Tests.Client;

/// <summary>Counts its calls and keeps the outcomes, for a test to wait for.</summary>
internal sealed class CountingCompletion : IoCompletion
{
    private readonly Channel<IoResult?> outcomes = Channel.CreateUnbounded<IoResult?>();
    private int calls;

    internal int Calls => Volatile.Read(ref calls);

    /// <summary>The reason of the last refusal.</summary>
    internal string? Reason { get; private set; }

    /// <inheritdoc cref="Reason"/>
    internal IoRefusal? Cause { get; private set; }

    /// <summary>Runs in each call, with the number of calls.</summary>
    internal Action<int>? OnOutcome { get; set; }

    /// <summary>The next outcome; null: refused.</summary>
    internal Task<IoResult?> NextAsync() => outcomes.Reader.ReadAsync().AsTask().InTime();

    protected override void OnDone(IoResult result) => Take(result);

    protected override void OnRefused(IoRefusal cause, string reason)
    {
        (Cause, Reason) = (cause, reason);
        Take(result: null);
    }

    private void Take(IoResult? result)
    {
        var call = Interlocked.Increment(ref calls);
        outcomes.Writer.TryWrite(result);
        OnOutcome?.Invoke(call);
    }
}
