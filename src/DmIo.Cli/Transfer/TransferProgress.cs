namespace DmIo.Cli;

/// <summary>How far a transfer is; read by whoever draws it, from another thread.</summary>
internal sealed class TransferProgress
{
    private long doneBytes;

    /// <summary>Where it ends; null where only the end of a pipe will tell.</summary>
    internal long? TotalBytes { get; init; }

    internal long DoneBytes => Volatile.Read(ref doneBytes);

    internal void Add(long bytes) => Interlocked.Add(ref doneBytes, bytes);
}
