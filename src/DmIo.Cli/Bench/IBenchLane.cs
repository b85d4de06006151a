namespace DmIo.Cli;

/// <summary>One lease, and whoever keeps its requests in flight.</summary>
internal interface IBenchLane : IAsyncDisposable
{
    /// <summary>One for each thread of work. Complete when <see cref="RunAsync"/> is.</summary>
    IReadOnlyList<BenchTally> Tallies { get; }

    /// <summary>Sends while the window says so; completes when all that was sent is answered. Once.</summary>
    Task RunAsync(BenchWindow window);
}
