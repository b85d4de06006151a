namespace DmIo.Cli.Streams;

/// <summary>Runs calls that may block without a limit: the open of a FIFO waits for a process that opens its other
/// end.</summary>
internal static class BlockingOpen
{
    /// <summary>Makes the call on a dedicated thread.</summary>
    /// <param name="open">The call.</param>
    /// <param name="interrupted">Ends the wait. The thread stays in the call, and disposes of its result
    /// afterwards.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    internal static async Task<T> RunAsync<T>(Func<T> open, CancellationToken interrupted)
    {
        var opening = Task.Factory.StartNew(
            open, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await opening.WaitAsync(interrupted);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                opened => (opened.Result as IDisposable)?.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            throw;
        }
    }
}
