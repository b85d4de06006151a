using System.Collections.Concurrent;

namespace DmIo.Actors.Tests.Client;

/// <summary>Writes down what it is told, and what outcomes come.</summary>
internal sealed class RecordingBatch : ICompletionBatch
{
    private readonly ConcurrentQueue<string> told = new();

    internal string Told => string.Join(' ', told);

    void ICompletionBatch.Begin() => told.Enqueue("begin");

    void ICompletionBatch.End(bool isOnly) => told.Enqueue(isOnly ? "end-only" : "end");

    internal void Outcome() => told.Enqueue("outcome");
}
