// What the test actor received and the test has not taken yet. Many writers, one reader: the test.
// The blocking ways need no thread but the caller's, so that a full thread pool cannot stop a test that waits.

using System.Collections.Concurrent;

namespace Akka.TestKit;

#pragma warning disable CA1001 // A test actor may outlive its test, and no wait handle is ever asked for.
internal sealed class TestQueue
#pragma warning restore CA1001
{
    private readonly ConcurrentQueue<MessageEnvelope> _envelopes = new();
    private readonly SemaphoreSlim _filled = new(0);

    internal int Count => _envelopes.Count;

    internal void Add(MessageEnvelope envelope)
    {
        _envelopes.Enqueue(envelope);
        _filled.Release();
    }

    /// <summary>Takes the oldest, or null when none came in time; a completed task where blocking.</summary>
    internal Task<MessageEnvelope?> Take(TimeSpan timeout, bool blocking, CancellationToken cancellationToken)
        => blocking
            ? Task.FromResult(_filled.Wait(timeout, cancellationToken) ? Dequeue() : null)
            : TakeLater(timeout, cancellationToken);

    /// <summary>Like Take, but leaves it there.</summary>
    internal async Task<MessageEnvelope?> Peek(TimeSpan timeout, bool blocking, CancellationToken cancellationToken)
    {
        var filled = blocking
            ? Task.FromResult(_filled.Wait(timeout, cancellationToken))
            : _filled.WaitAsync(timeout, cancellationToken);
        if (!await filled)
        {
            return null;
        }

        _envelopes.TryPeek(out var envelope);
        _filled.Release();
        return envelope;
    }

    private async Task<MessageEnvelope?> TakeLater(TimeSpan timeout, CancellationToken cancellationToken)
        => await _filled.WaitAsync(timeout, cancellationToken) ? Dequeue() : null;

    private MessageEnvelope? Dequeue() => _envelopes.TryDequeue(out var envelope) ? envelope : null;
}
