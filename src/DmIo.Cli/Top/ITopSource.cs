namespace DmIo.Cli;

/// <summary>Where <c>dmio top</c> looks: a running service, wherever it runs.</summary>
internal interface ITopSource : IAsyncDisposable
{
    /// <summary>The next snapshot, when it is due; null when the service has ended.</summary>
    ValueTask<TopSnapshot?> NextAsync(CancellationToken end);
}
