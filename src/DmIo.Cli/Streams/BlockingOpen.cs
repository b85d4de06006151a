namespace DmIo.Cli;

/// <summary>Opens files that may block the open: a FIFO waits for a process that opens its other end.</summary>
internal static class BlockingOpen
{
    /// <summary>Opens the file on a thread of its own.</summary>
    /// <param name="open">Opens the file; may block without a limit.</param>
    /// <param name="interrupted">Ends the wait. The thread stays in the open, and closes the file afterwards.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    internal static async Task<FileStream> RunAsync(Func<FileStream> open, CancellationToken interrupted)
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
                opened => opened.Result.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            throw;
        }
    }
}
